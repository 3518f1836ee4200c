// Where time comes from. A shard reads it once a tick; simulations put a virtual one in its place.
#pragma once

#include <cstdint>

namespace tracer::engine {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t monotonic_ns() const = 0;  // never steps back; the origin means nothing
  virtual std::int64_t unix_ms() const = 0;       // may step when the wall clock is set
};

class SystemClock final : public Clock {
 public:
  std::int64_t monotonic_ns() const override;
  std::int64_t unix_ms() const override;
};

}  // namespace tracer::engine
