// A hierarchical timing wheel (Varghese and Lauck 1987, scheme 7): deadlines of numbered timers
// with a resolution of one millisecond, scheduled, moved and cancelled in constant time.
//
// Belongs to one shard. Memory is allocated at construction and by grow() only: one node a timer.
//
// Invariants: a timer never fires before its deadline, and fires by the first advance() that is at
// least one millisecond past it; a timer is in the wheel at most once; timers of one advance()
// come out in the order of their deadlines' milliseconds.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace tracer::sched {

using TimerId = std::uint32_t;

class TimingWheel {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;

  // Timers are 0 … timers − 1. `now_ns` is the origin: no deadline is ever earlier.
  TimingWheel(std::uint32_t timers, std::int64_t now_ns);

  // From now on timers are 0 … timers − 1; never fewer than before.
  void grow(std::uint32_t timers);

  // Sets or moves a deadline. One that has passed fires at the next advance().
  void schedule(TimerId timer, std::int64_t deadline_ns);
  void cancel(TimerId timer);  // nothing where the timer is not pending
  bool pending(TimerId timer) const { return nodes_[timer].bucket != kIdle; }
  std::uint32_t size() const { return size_; }

  // The time up to which nothing fires; kNever when empty. Exact within the lowest wheel, else the
  // time at which timers move down a wheel.
  std::int64_t next_deadline_ns() const;
  // Appends what is due at `now_ns` to `fired`; those timers are no longer pending.
  void advance(std::int64_t now_ns, std::vector<TimerId>& fired);

 private:
  static constexpr unsigned kLevelBits = 8;
  static constexpr unsigned kBuckets = 1U << kLevelBits;
  static constexpr unsigned kLevels = 5;  // 256^5 ms: 34 years, for processes that stay
  static constexpr std::uint64_t kMaxTick = (std::uint64_t{1} << (kLevels * kLevelBits)) - 1;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint16_t kIdle = UINT16_MAX;

  struct Node {
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
    std::uint64_t tick : 48 = 0;  // milliseconds since the origin
    std::uint64_t bucket : 16 = kIdle;
  };
  using Bitmap = std::array<std::uint64_t, kBuckets / 64>;

  void place(TimerId timer);
  void unlink(TimerId timer);
  void fire_bucket(unsigned bucket, std::vector<TimerId>& fired);
  void cascade(unsigned level);
  static unsigned digit_of(std::uint64_t tick, unsigned level);
  std::uint64_t next_tick() const;
  static unsigned next_occupied(const Bitmap& bitmap, unsigned from);

  std::int64_t origin_ns_;
  std::uint64_t tick_ = 0;  // everything before it has fired
  std::uint32_t size_ = 0;
  std::vector<Node> nodes_;
  std::array<std::uint32_t, kLevels * kBuckets> heads_;
  std::array<Bitmap, kLevels> occupied_{};
  static_assert(sizeof(Node) == 16);
};

}  // namespace tracer::sched
