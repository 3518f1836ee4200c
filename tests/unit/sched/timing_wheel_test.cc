#include "sched/timing_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace tracer::sched {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kDay = 24LL * 3600 * 1000 * kMs;

std::vector<TimerId> advance(TimingWheel& wheel, std::int64_t now_ns) {
  std::vector<TimerId> fired;
  wheel.advance(now_ns, fired);
  return fired;
}

TEST(TimingWheel, FiresNothingWhenEmpty) {
  TimingWheel wheel(1, 5 * kMs);
  EXPECT_EQ(wheel.next_deadline_ns(), TimingWheel::kNever);
  EXPECT_TRUE(advance(wheel, 100 * kDay).empty());
}

TEST(TimingWheel, FiresNeverEarlyAndAtMostAMillisecondLate) {
  TimingWheel wheel(1, 0);
  wheel.schedule(0, 5 * kMs + 1);
  EXPECT_TRUE(advance(wheel, 5 * kMs + 1).empty());
  EXPECT_TRUE(wheel.pending(0));
  EXPECT_EQ(advance(wheel, 6 * kMs), std::vector<TimerId>{0});
  EXPECT_FALSE(wheel.pending(0));
  EXPECT_TRUE(advance(wheel, 7 * kMs).empty());
}

TEST(TimingWheel, FiresWhatHasPassedAtOnce) {
  TimingWheel wheel(2, 1000 * kMs);
  (void)advance(wheel, 2000 * kMs);
  wheel.schedule(0, 1500 * kMs);
  wheel.schedule(1, -1);
  EXPECT_LE(wheel.next_deadline_ns(), 2000 * kMs);
  EXPECT_EQ(advance(wheel, 2000 * kMs).size(), 2U);
}

TEST(TimingWheel, KeepsTimersOfYears) {
  TimingWheel wheel(4, 0);
  wheel.schedule(0, 60 * kDay);
  wheel.schedule(1, 3 * 365 * kDay);
  wheel.schedule(2, TimingWheel::kNever);
  EXPECT_TRUE(advance(wheel, 60 * kDay - kMs).empty());
  EXPECT_EQ(advance(wheel, 60 * kDay), std::vector<TimerId>{0});
  EXPECT_EQ(wheel.next_deadline_ns() <= 3 * 365 * kDay, true);
  EXPECT_EQ(advance(wheel, 3 * 365 * kDay), std::vector<TimerId>{1});
  EXPECT_TRUE(wheel.pending(2));
}

// A process that has run for months still waits as long as it is told.
TEST(TimingWheel, WorksMonthsAfterItsOrigin) {
  TimingWheel wheel(1, 0);
  for (std::int64_t now = 40 * kDay; now < 400 * kDay; now += 7 * kDay) {
    EXPECT_TRUE(advance(wheel, now).empty());
    wheel.schedule(0, now + 10 * kMs);
    EXPECT_TRUE(advance(wheel, now + 9 * kMs).empty());
    EXPECT_EQ(advance(wheel, now + 10 * kMs).size(), 1U);
  }
}

TEST(TimingWheel, FiresInTheOrderOfDeadlines) {
  TimingWheel wheel(1000, 0);
  std::mt19937_64 random(7);
  std::vector<std::int64_t> deadlines;
  for (TimerId timer = 0; timer < 1000; ++timer) {
    deadlines.push_back(static_cast<std::int64_t>(random() % 200'000) * kMs);
    wheel.schedule(timer, deadlines.back());
  }
  const auto fired = advance(wheel, 200'000 * kMs);
  ASSERT_EQ(fired.size(), 1000U);
  EXPECT_TRUE(std::ranges::is_sorted(fired, {}, [&](TimerId timer) { return deadlines[timer]; }));
}

// The plain truth that the wheel is compared with.
class Model {
 public:
  void schedule(TimerId timer, std::int64_t deadline_ns) {
    cancel(timer);
    entries_[timer] = by_deadline_.emplace(deadline_ns, timer);
  }
  void cancel(TimerId timer) {
    const auto found = entries_.find(timer);
    if (found == entries_.end()) return;
    by_deadline_.erase(found->second);
    entries_.erase(found);
  }
  bool pending(TimerId timer) const { return entries_.contains(timer); }
  std::int64_t deadline(TimerId timer) const { return entries_.at(timer)->first; }
  std::optional<std::int64_t> earliest() const {
    if (by_deadline_.empty()) return std::nullopt;
    return by_deadline_.begin()->first;
  }
  std::size_t size() const { return entries_.size(); }

 private:
  std::multimap<std::int64_t, TimerId> by_deadline_;
  std::map<TimerId, std::multimap<std::int64_t, TimerId>::iterator> entries_;
};

class Comparison {
 public:
  explicit Comparison(std::uint64_t seed)
      : random_(seed), now_ns_(static_cast<std::int64_t>(random_() % (1000 * kDay))) {}

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      const unsigned choice = random_() % 10;
      const auto timer = static_cast<TimerId>(random_() % kTimers);
      if (choice < 5) {
        const std::int64_t deadline = now_ns_ + span() - (random_() % 8 == 0 ? span() : 0);
        wheel_.schedule(timer, deadline);
        model_.schedule(timer, deadline);
      } else if (choice < 6) {
        wheel_.cancel(timer);
        model_.cancel(timer);
      } else {
        step_time();
      }
      check();
    }
  }

 private:
  static constexpr std::uint32_t kTimers = 300;

  // From nanoseconds to months, each order of magnitude as likely as the other.
  std::int64_t span() {
    const std::uint64_t bits = random_() % 53;
    return static_cast<std::int64_t>(random_() & ((std::uint64_t{1} << bits) - 1));
  }

  void step_time() {
    // Often to what the wheel itself asks for, as a shard does.
    const std::int64_t next = wheel_.next_deadline_ns();
    if (random_() % 2 == 0 && next != TimingWheel::kNever) {
      now_ns_ = std::max(now_ns_, next);
    } else {
      now_ns_ += span();
    }
    std::vector<TimerId> fired;
    wheel_.advance(now_ns_, fired);
    std::int64_t previous_ms = INT64_MIN;
    for (const TimerId timer : fired) {
      ASSERT_TRUE(model_.pending(timer)) << "fired without being scheduled";
      const std::int64_t deadline = model_.deadline(timer);
      ASSERT_LE(deadline, now_ns_) << "fired early";
      const std::int64_t ms = std::max((deadline - origin_ns_ + kMs - 1) / kMs, advanced_ms_);
      ASSERT_GE(ms, previous_ms) << "out of order";
      previous_ms = ms;
      model_.cancel(timer);
    }
    advanced_ms_ = (now_ns_ - origin_ns_) / kMs;
    if (const auto earliest = model_.earliest()) {
      ASSERT_GT(*earliest + kMs, now_ns_) << "late";
    }
  }

  void check() {
    ASSERT_EQ(wheel_.size(), model_.size());
    const auto earliest = model_.earliest();
    const std::int64_t next = wheel_.next_deadline_ns();
    if (!earliest) {
      ASSERT_EQ(next, TimingWheel::kNever);
    } else {
      ASSERT_LT(next, std::max(*earliest, now_ns_) + kMs) << "would sleep past a deadline";
    }
    for (TimerId timer = 0; timer < kTimers; ++timer) {
      ASSERT_EQ(wheel_.pending(timer), model_.pending(timer));
    }
  }

  std::mt19937_64 random_;
  std::int64_t now_ns_;
  const std::int64_t origin_ns_ = now_ns_;
  std::int64_t advanced_ms_ = 0;
  TimingWheel wheel_{kTimers, now_ns_};
  Model model_;
};

TEST(TimingWheel, BehavesLikeAnOrderedMap) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Comparison(seed).run(2000);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tracer::sched
