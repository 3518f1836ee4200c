// When each monitor of a shard's share is checked: once, for ever at its interval, or as often as a
// load asks for. Holds no sockets and asks no clock; its shard tells it the time and owns the wheel
// it sets timers in.
//
// Belongs to one shard, on its thread.
//
// Invariants:
//  1. Due times never drift: the next one is the last one plus the interval, however late a check
//     started. First ones lie on a grid of the wall clock that the hash of the id sets off, so they
//     are spread over the interval, and a monitor's grid is the same after a restart.
//  2. A monitor never overlaps itself: what comes due while its check runs starts when that ends.
//  3. Checks start in the order in which they came due. A check that could start only when the
//     next one is due is skipped, and counted: in total, and in the attempt that came in its place.
//  4. A retry never delays the next check: one that would is cut, and its check has ended.
//  5. A monitor that is removed is not checked again; what is under way ends as it would have. For
//     a monitor that takes its place that is a check of its own: what comes due meanwhile starts
//     when that ends, however long an attempt has to wait for its address.
//  6. A monitor is listed at most once as due, and has one retry at most: all lists are bounded by
//     the share.
// A load (sched/load.h) has a monitor of its own, whose checks do overlap and are not skipped: what
// was due when the load ended counts as skipped. It is not changed, held or retried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/monitor.h"
#include "engine/probe.h"
#include "sched/load.h"
#include "sched/timing_wheel.h"

namespace tracer::sched {

// Asks a shard to make another attempt at a monitor.
struct Retry {
  std::uint32_t monitor = 0;
  std::uint8_t attempt = 0;  // the number of the attempt to make
  std::int64_t delay_ms = 0;
  std::uint64_t check = 0;  // as the outcome has it; the wall clock's times may come twice
};

enum class Repetition : std::uint8_t { kOnce, kForEver };

class Schedule {
 public:
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  static constexpr std::int64_t kNever = INT64_MAX;

  // Monitors' timers are those of `wheel` from `first_timer` on, one each; the wheel grows with
  // them. The set lives until another one follows it; the wheel outlives the schedule. With a load
  // the repetition says nothing.
  Schedule(const engine::MonitorSet& monitors, Repetition repetition, TimingWheel& wheel,
           TimerId first_timer, const std::optional<LoadPlan>& load = std::nullopt);

  void reserve(std::size_t monitors);  // room for so many, before they are added
  // REQUIRES: the monitor is enabled, and not in the schedule; with a load, it is the only one.
  // While an attempt of a removed one of the same id is under way it is kept back.
  void add(std::uint32_t monitor, const engine::Tick& tick);
  void remove(std::uint32_t monitor);
  // From now on monitors are read there. What is known of both sets is the same in both.
  void follow(const engine::MonitorSet& monitors);
  // The monitors that were removed and of which nothing is under way any more, since the last call.
  std::vector<std::uint32_t> take_departed() { return std::exchange(departed_, {}); }

  void on_timer(TimerId timer);
  // The next attempt to start now, if any is due.
  std::optional<engine::Attempt> next(const engine::Tick& tick);
  // When next() may have something, unless a timer fires before: long past where anything is due.
  std::int64_t next_start_ns() const {
    if (load_) return load_->next_due_ns();
    return retries_.empty() && due_.empty() ? kNever : INT64_MIN;
  }
  // Checks and retries.
  std::size_t due() const { return load_ ? load_->waiting() : retries_.size() + due_.size(); }
  std::size_t monitors() const { return share_.size() - free_.size(); }
  // An attempt that next() gave waits before it is made; resume() is asked before it is made after
  // all. Until then a retry gives way to the next check, as if it were not due yet.
  void hold(const engine::Attempt& attempt);
  // False when the attempt is not to be made: a retry that was cut meanwhile. Else it is under way,
  // and has told in `skipped` what came due while it waited and has passed.
  bool resume(engine::Attempt& attempt, const engine::Tick& tick);
  // The attempt at `monitor` that next() gave has ended.
  void ended(std::uint32_t monitor);
  void retry(const Retry& retry, const engine::Tick& tick);
  // From now on nothing more is due, and every retry is cut.
  void end();
  // The retries that were cut since the last call: their checks have ended with what they have.
  std::vector<Retry> take_cut() { return std::exchange(cut_, {}); }
  bool any_cut() const { return !cut_.empty(); }

  // True when no check will begin any more.
  bool over(const engine::Tick& tick);
  std::uint64_t begun() const { return begun_; }  // checks, retries not counted
  std::uint64_t skipped() const { return load_ ? load_->missed() : skipped_; }  // checks

 private:
  enum class State : std::uint8_t {
    kIdle,
    kDue,
    kRunning,
    kRetryWaiting,
    kRetryDue,
    kRetryHeld,  // told to wait for its address
    kKeptBack,   // due, but something of an earlier one of its id is under way
    kLeaving,    // removed while an attempt was under way, of it or of an earlier one of its id
    kGone,       // removed while it was due: still listed, and skipped over
  };
  struct Plan {
    std::int64_t due_ns = 0;             // of the next check
    std::uint64_t check = 0;             // the number of the check under way
    std::int64_t scheduled_unix_ms = 0;  // of the check under way
    std::uint32_t heir = kNobody;        // the position that waits until it is released
    bool behind = false;                 // it is somebody's heir
    State state = State::kIdle;
    std::uint8_t retry_attempt = 0;  // the number of the retry that waits or is due
  };

  bool once() const { return repetition_ == Repetition::kOnce; }
  bool knows(std::uint32_t monitor) const {
    return monitor < positions_.size() && positions_[monitor] != kNobody;
  }
  const engine::CheckPolicy& policy(std::uint32_t monitor) const;
  std::int64_t interval_ns(std::uint32_t position) const;
  std::int64_t first_due_ns(std::uint32_t monitor, const engine::Tick& tick) const;
  void come_due(std::uint32_t position);
  std::uint64_t id_hash(std::uint32_t position) const;
  void leave(std::uint32_t position);
  void release(std::uint32_t position);
  void step_forward(std::uint32_t heir);
  std::uint32_t skip_past(std::uint32_t position, std::int64_t now_ns);
  void wait_until_due(std::uint32_t position);
  std::optional<engine::Attempt> next_of_load(const engine::Tick& tick);
  std::optional<engine::Attempt> next_retry(const engine::Tick& tick);
  void cut(std::uint32_t position);

  const engine::MonitorSet* monitors_;
  const Repetition repetition_;
  TimingWheel& wheel_;
  const TimerId first_timer_;
  std::vector<std::uint32_t> positions_;  // by monitor; kNobody where it is not in the schedule
  std::vector<std::uint32_t> share_;      // monitors, by position
  std::vector<std::uint32_t> free_;       // positions
  std::vector<std::uint32_t> departed_;   // monitors
  std::vector<Plan> plans_;               // by position
  // The last one of an id that is leaving, by the id's hash: its position.
  std::unordered_map<std::uint64_t, std::uint32_t> leaving_;
  std::deque<std::uint32_t> due_;      // positions
  std::deque<std::uint32_t> retries_;  // positions
  std::vector<Retry> cut_;
  std::optional<Load> load_;
  std::uint64_t begun_ = 0;
  std::uint64_t skipped_ = 0;
  bool ended_ = false;
};

}  // namespace tracer::sched
