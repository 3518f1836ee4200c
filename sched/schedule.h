// When each monitor of a shard's share is checked: once, or for ever at its interval. Holds no
// sockets and asks no clock; its shard tells it the time and owns the wheel it sets timers in.
//
// Belongs to one shard, on its thread.
//
// Invariants:
//  1. Due times never drift: the next one is the last one plus the interval, however late a check
//     started. First ones are spread over the interval by the hash of the id.
//  2. A monitor never overlaps itself: what comes due while its check runs starts when that ends.
//  3. Checks start in the order in which they came due. A check that could start only when the
//     next one is due is skipped, and counted.
//  4. A retry never delays the next check: one that would is cut, and its check has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "engine/monitor.h"
#include "engine/probe.h"
#include "sched/timing_wheel.h"

namespace tracer::sched {

// Asks a shard to make another attempt at a monitor.
struct Retry {
  std::uint32_t monitor = 0;
  std::uint8_t attempt = 0;  // the number of the attempt to make
  std::int64_t delay_ms = 0;
  std::int64_t scheduled_unix_ms = 0;  // names the check
};

enum class Repetition : std::uint8_t { kOnce, kForEver };

class Schedule {
 public:
  // `share`: ascending indices into `monitors`. Its monitors' timers are those of `wheel` from
  // `first_timer` on, one each. The references outlive the schedule.
  Schedule(const engine::MonitorSet& monitors, std::vector<std::uint32_t> share,
           Repetition repetition, TimingWheel& wheel, TimerId first_timer);

  // The origin of all due times. Called once, first.
  void begin(const engine::Tick& tick);
  void on_timer(TimerId timer);
  // The next attempt to start now, if any is due.
  std::optional<engine::Attempt> next(const engine::Tick& tick);
  bool any_due() const { return !retries_.empty() || !due_.empty(); }
  std::size_t due() const { return retries_.size() + due_.size(); }  // checks and retries
  std::size_t monitors() const { return share_.size(); }
  // The attempt at `monitor` that next() gave has ended.
  void ended(std::uint32_t monitor);
  void retry(const Retry& retry, const engine::Tick& tick);
  // From now on nothing more is due, and every retry is cut.
  void end();
  // The retries that were cut since the last call: their checks have ended with what they have.
  std::vector<Retry> take_cut() { return std::exchange(cut_, {}); }

  // True when no check will begin any more.
  bool over() const { return ended_ || (once() && begun_ == share_.size()); }
  std::uint64_t begun() const { return begun_; }      // checks, retries not counted
  std::uint64_t skipped() const { return skipped_; }  // checks

 private:
  enum class State : std::uint8_t { kIdle, kDue, kRunning, kRetryWaiting, kRetryDue };
  struct Plan {
    std::int64_t due_ns = 0;             // of the next check
    std::int64_t scheduled_unix_ms = 0;  // of the check under way
    State state = State::kIdle;
    std::uint8_t retry_attempt = 0;  // the number of the retry that waits or is due
  };

  bool once() const { return repetition_ == Repetition::kOnce; }
  std::uint32_t position_of(std::uint32_t monitor) const;
  std::int64_t interval_ns(std::uint32_t position) const;
  void plan_next(std::uint32_t position, std::int64_t now_ns);
  void wait_until_due(std::uint32_t position);
  std::optional<engine::Attempt> next_retry(const engine::Tick& tick);
  void cut(std::uint32_t position);

  const engine::MonitorSet& monitors_;
  const std::vector<std::uint32_t> share_;
  const Repetition repetition_;
  TimingWheel& wheel_;
  const TimerId first_timer_;
  std::vector<Plan> plans_;            // by position in the share
  std::deque<std::uint32_t> due_;      // positions
  std::deque<std::uint32_t> retries_;  // positions
  std::vector<Retry> cut_;
  std::uint64_t begun_ = 0;
  std::uint64_t skipped_ = 0;
  bool ended_ = false;
};

}  // namespace tracer::sched
