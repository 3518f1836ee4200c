// A clock that stands still until a test moves it.
#pragma once

#include <cstdint>

#include "engine/clock.h"

namespace tracer::cli {

class ManualClock final : public engine::Clock {
 public:
  std::int64_t monotonic_ns() const override { return now_ns_; }
  std::int64_t unix_ms() const override { return now_ns_ / 1'000'000; }
  void advance_ms(std::int64_t milliseconds) { now_ns_ += milliseconds * 1'000'000; }

 private:
  std::int64_t now_ns_ = 1'000'000'000;
};

}  // namespace tracer::cli
