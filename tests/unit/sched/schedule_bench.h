// A schedule with a wheel of its own, in virtual time. Belongs to one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/monitor_revision.h"
#include "sched/schedule.h"
#include "sched/timing_wheel.h"

namespace tracer::sched::testing {

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kOrigin = 1000 * kSecond;
inline constexpr std::int64_t kOriginUnixMs = 1'700'000'000'000;
inline constexpr TimerId kFirstTimer = 7;

inline engine::Tick at(std::int64_t after_ns) {
  return {kOrigin + after_ns, kOriginUnixMs + after_ns / 1'000'000};
}

inline engine::MonitorSet make_monitors(std::uint32_t count, std::int64_t interval_ms) {
  engine::MonitorSetBuilder builder;
  for (std::uint32_t i = 0; i < count; ++i) {
    engine::MonitorSpec spec;
    spec.host = "127.0.0.1";
    spec.port = static_cast<std::uint16_t>(1000 + i);
    spec.policy.interval_ms = interval_ms;
    EXPECT_TRUE(builder.add(spec));
  }
  return std::move(builder).build();
}

// One monitor, changed over and over: every index has the same id.
inline engine::MonitorSet make_succession(std::uint32_t count, std::int64_t interval_ms) {
  engine::MonitorSet set;
  for (std::uint32_t i = 0; i < count; ++i) {
    engine::MonitorSpec spec;
    spec.id = "one and the same";
    spec.host = "127.0.0.1";
    spec.port = static_cast<std::uint16_t>(1000 + i);
    spec.policy.interval_ms = interval_ms;
    engine::MonitorSetBuilder builder;
    EXPECT_TRUE(builder.add(spec));
    std::vector<std::uint32_t> forgotten;
    set = engine::revise(set, std::move(builder).build(), forgotten).monitors;
  }
  return set;
}

// A schedule with a wheel of its own, and virtual time.
class Bench {
 public:
  Bench(std::uint32_t count, std::int64_t interval_ms, Repetition repetition)
      : Bench(make_monitors(count, interval_ms), repetition) {}
  Bench(engine::MonitorSet monitors, Repetition repetition)
      : monitors_(std::move(monitors)),
        wheel_(kFirstTimer + static_cast<std::uint32_t>(monitors_.size()), kOrigin),
        schedule_(monitors_, repetition, wheel_, kFirstTimer) {
    schedule_.reserve(monitors_.size());
    for (std::uint32_t i = 0; i < monitors_.size(); ++i) schedule_.add(i, at(0));
  }

  void advance_to(std::int64_t after_ns) {
    now_ = at(after_ns);
    now_.unix_ms -= set_back_ms_;
    std::vector<TimerId> fired;
    wheel_.advance(now_.now_ns, fired);
    for (const TimerId timer : fired) schedule_.on_timer(timer);
  }
  std::optional<engine::Attempt> next() { return schedule_.next(now_); }
  // Makes every attempt that is due now, each ending at once.
  std::vector<engine::Attempt> make_all() {
    std::vector<engine::Attempt> made;
    while (const auto attempt = next()) {
      made.push_back(*attempt);
      schedule_.ended(attempt->monitor);
    }
    return made;
  }
  void retry(const engine::Attempt& failed, std::int64_t delay_ms) {
    schedule_.retry(
        {failed.monitor, static_cast<std::uint8_t>(failed.number + 1), delay_ms, failed.check},
        now_);
  }
  bool resume(engine::Attempt& held) { return schedule_.resume(held, now_); }
  void set_back(std::int64_t ms) { set_back_ms_ += ms; }  // the wall clock, from now on
  Schedule& schedule() { return schedule_; }
  std::int64_t next_timer_ns() const { return wheel_.next_deadline_ns() - kOrigin; }
  // When a monitor is due for the first time at or after a moment: on the wall clock, the hash of
  // its id is where its grid begins.
  std::int64_t due_ns(std::uint32_t monitor, std::int64_t after_ns) const {
    const std::int64_t interval_ms = monitors_.policy(monitors_.at(monitor)).interval_ms;
    const auto offset_ms = static_cast<std::int64_t>(monitors_.at(monitor).id_hash %
                                                     static_cast<std::uint64_t>(interval_ms));
    std::int64_t after_ms = after_ns / 1'000'000;
    while ((kOriginUnixMs + after_ms - offset_ms) % interval_ms != 0) ++after_ms;
    return after_ms * 1'000'000;
  }
  std::int64_t first_due_ns() const { return due_ns(0, 0); }
  const engine::Tick& now() const { return now_; }

 private:
  engine::MonitorSet monitors_;
  TimingWheel wheel_;
  Schedule schedule_;
  engine::Tick now_ = at(0);
  std::int64_t set_back_ms_ = 0;
};

}  // namespace tracer::sched::testing
