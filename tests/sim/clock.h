// Time that stands still until the simulation moves it. Belongs to one simulation.
#pragma once

#include <cstdint>

#include "engine/clock.h"

namespace tracer::sim {

inline constexpr std::int64_t kMicrosecond = 1'000;
inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kNever = INT64_MAX;

class SimClock final : public engine::Clock {
 public:
  std::int64_t monotonic_ns() const override { return now_ns_; }
  std::int64_t unix_ms() const override { return now_ns_ / kMillisecond + wall_offset_ms_; }

  void move_to(std::int64_t now_ns) {
    if (now_ns > now_ns_) now_ns_ = now_ns;
  }
  void step_wall(std::int64_t by_ms) { wall_offset_ms_ += by_ms; }

 private:
  std::int64_t now_ns_ = 1'000 * kSecond;
  std::int64_t wall_offset_ms_ = 1'782'864'000'000;  // summer 2026: the test certificates are valid
};

}  // namespace tracer::sim
