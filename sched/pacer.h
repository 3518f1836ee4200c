// Bounds starts per second: a token bucket (RFC 2697's meter with one rate) that fills evenly and
// holds a twentieth of a second's worth, so that a pause is not followed by a burst. A value of one
// shard's thread.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tracer::sched {

class Pacer {
 public:
  explicit Pacer(std::uint32_t starts_per_second)  // 0: no bound
      : interval_ns_(starts_per_second == 0 ? 0 : 1'000'000'000 / starts_per_second) {}
  // One start in so many nanoseconds, however many seconds that are; 0: no bound.
  static Pacer every(std::int64_t interval_ns) {
    Pacer pacer(0);
    pacer.interval_ns_ = interval_ns;
    return pacer;
  }

  // True when a start is allowed now, and counts it.
  bool take(std::int64_t now_ns) {
    if (interval_ns_ == 0) return true;
    next_ns_ = std::max(next_ns_, now_ns - kBurstNs);
    if (next_ns_ > now_ns) return false;
    next_ns_ += interval_ns_;
    return true;
  }

  // A start that was counted is not made.
  void give_back() { next_ns_ -= interval_ns_; }

  // True when the past makes no difference any more.
  bool full(std::int64_t now_ns) const {
    return interval_ns_ == 0 || next_ns_ <= now_ns - kBurstNs;
  }
  // How long until take() may be true again; 0 when it is now.
  std::int64_t wait_ns(std::int64_t now_ns) const {
    return interval_ns_ == 0 ? 0 : std::max<std::int64_t>(next_ns_ - now_ns, 0);
  }

 private:
  static constexpr std::int64_t kBurstNs = 50'000'000;

  std::int64_t interval_ns_;
  std::int64_t next_ns_ = 0;  // when the next start is due by the rate
};

}  // namespace tracer::sched
