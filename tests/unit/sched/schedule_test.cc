#include "sched/schedule.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <vector>

#include "tests/unit/sched/schedule_bench.h"

namespace tracer::sched {
namespace {

using testing::Bench;
using testing::kOrigin;
using testing::kSecond;

TEST(ScheduleOnce, BeginsEveryCheckOnceAndIsOver) {
  Bench bench(100, 60'000, Repetition::kOnce);
  const auto made = bench.make_all();
  ASSERT_EQ(made.size(), 100U);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(made[i].monitor, i);
  EXPECT_TRUE(bench.schedule().over(bench.now()));
  bench.advance_to(3600 * kSecond);
  EXPECT_FALSE(bench.next());
}

TEST(ScheduleOnce, MakesARetryAfterItsDelay) {
  Bench bench(1, 60'000, Repetition::kOnce);
  const auto first = bench.make_all();
  bench.retry(first[0], 5000);
  bench.advance_to(5 * kSecond - 1'000'001);
  EXPECT_FALSE(bench.next());
  bench.advance_to(5 * kSecond);
  const auto second = bench.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number, 2);
  EXPECT_EQ(second->scheduled_unix_ms, first[0].scheduled_unix_ms);
  EXPECT_EQ(second->not_after_ns, INT64_MAX);
  EXPECT_TRUE(bench.schedule().take_cut().empty());
  EXPECT_EQ(bench.schedule().begun(), 1U);
}

TEST(ScheduleForEver, SpreadsFirstStartsOverTheInterval) {
  Bench bench(1000, 10'000, Repetition::kForEver);
  std::array<std::size_t, 10> by_second{};
  for (std::size_t second = 0; second < by_second.size(); ++second) {
    bench.advance_to(static_cast<std::int64_t>(second + 1) * kSecond - 1);
    by_second[second] = bench.make_all().size();
  }
  std::size_t total = 0;
  for (const std::size_t count : by_second) {
    EXPECT_GT(count, 50U);
    EXPECT_LT(count, 150U);
    total += count;
  }
  EXPECT_GE(total, 999U);  // one whose first due time rounds up to the interval's end may be left
}

TEST(ScheduleForEver, DueTimesDoNotDriftHoweverLateChecksStart) {
  Bench bench(1, 10'000, Repetition::kForEver);
  const std::int64_t first = bench.first_due_ns();
  std::vector<std::int64_t> scheduled;
  for (std::int64_t round = 0; round < 50; ++round) {
    // Each start is late by another amount, below the interval.
    bench.advance_to(first + round * 10 * kSecond + (round * 37 % 9) * kSecond + 3'000'000);
    for (const auto& attempt : bench.make_all()) scheduled.push_back(attempt.scheduled_unix_ms);
  }
  ASSERT_EQ(scheduled.size(), 50U);
  for (std::size_t i = 1; i < scheduled.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(scheduled[i] - scheduled[i - 1]), 10'000, 1);
  }
  EXPECT_EQ(bench.schedule().skipped(), 0U);
}

TEST(ScheduleForEver, NeverOverlapsAMonitorWithItself) {
  Bench bench(1, 1'000, Repetition::kForEver);
  bench.advance_to(kSecond);
  const auto running = bench.next();
  ASSERT_TRUE(running);
  bench.advance_to(10 * kSecond);
  EXPECT_FALSE(bench.next());  // nine more came due meanwhile
  bench.schedule().ended(running->monitor);
  bench.advance_to(10 * kSecond);
  const auto next = bench.next();
  ASSERT_TRUE(next);
  EXPECT_GT(next->late_ns, 7 * kSecond);
  EXPECT_GE(bench.schedule().skipped(), 7U);
  EXPECT_LE(bench.schedule().skipped(), 9U);
  EXPECT_EQ(next->skipped, bench.schedule().skipped());
  bench.schedule().ended(next->monitor);
  EXPECT_GT(bench.next_timer_ns(), 10 * kSecond);
}

TEST(ScheduleForEver, TellsOfWhatIsSkippedByMonitor) {
  Bench bench(20, 1'000, Repetition::kForEver);
  std::uint64_t told = 0;
  for (std::int64_t second : {1, 2, 5, 6, 20, 21, 22}) {
    bench.advance_to(second * kSecond);
    for (const auto& attempt : bench.make_all()) {
      told += attempt.skipped;
      EXPECT_EQ(attempt.skipped, attempt.late_ns / kSecond);
    }
  }
  EXPECT_GT(told, 20U * 13);
  EXPECT_EQ(told, bench.schedule().skipped());
}

TEST(ScheduleForEver, WhatPassesWhileACheckIsHeldIsSkipped) {
  Bench bench(1, 1'000, Repetition::kForEver);
  const std::int64_t first = bench.first_due_ns();
  bench.advance_to(first + 1'000'000);
  auto held = bench.next();
  ASSERT_TRUE(held);
  bench.schedule().hold(*held);
  bench.advance_to(first + 3 * kSecond + 1'000'000);
  EXPECT_FALSE(bench.next());  // it does not overlap itself by waiting either
  ASSERT_TRUE(bench.resume(*held));
  EXPECT_EQ(held->skipped, 3U);
  EXPECT_EQ(bench.schedule().skipped(), 3U);
  EXPECT_EQ(bench.schedule().begun(), 1U);
  bench.schedule().ended(held->monitor);
  EXPECT_FALSE(bench.next());
  bench.advance_to(first + 4 * kSecond + 1'000'000);
  const auto next = bench.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->skipped, 0U);
}

TEST(ScheduleForEver, AHeldRetryGivesWayToTheNextCheck) {
  Bench bench(1, 10'000, Repetition::kForEver);
  const std::int64_t first = bench.first_due_ns();
  bench.advance_to(first + 1'000'000);
  const auto made = bench.make_all();
  bench.retry(made[0], 0);
  bench.advance_to(first + 2'000'000);
  auto held = bench.next();
  ASSERT_TRUE(held);
  bench.schedule().hold(*held);
  bench.advance_to(first + 5 * kSecond);
  EXPECT_FALSE(bench.next());
  EXPECT_TRUE(bench.schedule().take_cut().empty());
  bench.advance_to(first + 10 * kSecond + 1'000'000);
  const auto cut = bench.schedule().take_cut();
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].check, made[0].check);
  const auto next = bench.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->number, 1);
  EXPECT_FALSE(bench.resume(*held));  // its turn comes, too late
  bench.schedule().ended(next->monitor);
}

TEST(ScheduleForEver, AHeldRetryIsMadeInTime) {
  Bench bench(1, 10'000, Repetition::kForEver);
  const std::int64_t first = bench.first_due_ns();
  bench.advance_to(first + 1'000'000);
  const auto made = bench.make_all();
  bench.retry(made[0], 0);
  bench.advance_to(first + 2'000'000);
  auto held = bench.next();
  ASSERT_TRUE(held);
  bench.schedule().hold(*held);
  bench.advance_to(first + 5 * kSecond);
  EXPECT_TRUE(bench.resume(*held));
  bench.advance_to(first + 11 * kSecond);
  EXPECT_FALSE(bench.next());
  bench.schedule().ended(held->monitor);
  bench.advance_to(first + 11 * kSecond);
  EXPECT_TRUE(bench.next());
  EXPECT_TRUE(bench.schedule().take_cut().empty());
}

TEST(ScheduleForEver, ChecksAndSkipsAddUpToWhatWasDue) {
  Bench bench(20, 1'000, Repetition::kForEver);
  for (std::int64_t second : {1, 2, 5, 6, 20, 21, 22}) {
    bench.advance_to(second * kSecond);
    bench.make_all();
  }
  const std::uint64_t due = bench.schedule().begun() + bench.schedule().skipped();
  EXPECT_GE(due, 20U * 22 - 20);
  EXPECT_LE(due, 20U * 22 + 20);
}

TEST(ScheduleForEver, StartsInTheOrderOfDueTimes) {
  Bench bench(500, 60'000, Repetition::kForEver);
  bench.advance_to(60 * kSecond);
  const auto made = bench.make_all();
  ASSERT_GT(made.size(), 490U);
  for (std::size_t i = 1; i < made.size(); ++i) {
    EXPECT_GE(made[i].scheduled_unix_ms + 1, made[i - 1].scheduled_unix_ms);
  }
}

TEST(ScheduleForEver, CutsARetryThatWouldDelayTheNextCheck) {
  Bench bench(1, 10'000, Repetition::kForEver);
  bench.advance_to(10 * kSecond);
  const auto made = bench.make_all();
  ASSERT_EQ(made.size(), 1U);
  bench.retry(made[0], 10'000);
  const auto cut = bench.schedule().take_cut();
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].check, made[0].check);
  bench.advance_to(20 * kSecond);
  EXPECT_EQ(bench.make_all().size(), 1U);
}

TEST(ScheduleForEver, ARetryEndsByTheNextDueTime) {
  Bench bench(1, 10'000, Repetition::kForEver);
  const std::int64_t first = bench.first_due_ns();
  bench.advance_to(first + 1'000'000);
  const auto made = bench.make_all();
  bench.retry(made[0], 2'000);
  bench.advance_to(first + 3 * kSecond);
  const auto second = bench.next();
  ASSERT_TRUE(second);
  EXPECT_LE(second->not_after_ns, kOrigin + first + 10 * kSecond + 1'000'000);
  bench.schedule().ended(second->monitor);
  bench.advance_to(first + 10 * kSecond + 1'000'000);
  const auto third = bench.next();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->number, 1);
}

TEST(ScheduleForEver, CutsARetryThatFoundNoSlotInTime) {
  Bench bench(1, 10'000, Repetition::kForEver);
  const std::int64_t first = bench.first_due_ns();
  bench.advance_to(first + 1'000'000);
  const auto made = bench.make_all();
  bench.retry(made[0], 2'000);
  bench.advance_to(first + 11 * kSecond);  // due at 2 s, and looked at only now
  EXPECT_FALSE(bench.next());
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
  bench.advance_to(first + 11 * kSecond + 1'000'000);
  const auto next = bench.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->number, 1);
}

TEST(ScheduleForEver, CutsARetryOfACheckThatAnotherFollowed) {
  Bench bench(1, 1'000, Repetition::kForEver);
  bench.advance_to(kSecond);
  const auto first = bench.make_all();
  bench.advance_to(2 * kSecond);
  ASSERT_EQ(bench.make_all().size(), 1U);
  bench.retry(first[0], 0);  // the evaluator was slow
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
}

// The wall clock was set back by an interval: two checks were scheduled for the same time of day.
TEST(ScheduleForEver, TellsChecksApartWhateverTheWallClockSays) {
  Bench bench(1, 10'000, Repetition::kForEver);
  bench.advance_to(10 * kSecond);
  const auto first = bench.make_all();
  bench.set_back(10'000);
  bench.advance_to(20 * kSecond);
  const auto second = bench.make_all();
  ASSERT_EQ(second.size(), 1U);
  ASSERT_EQ(second[0].scheduled_unix_ms, first[0].scheduled_unix_ms);
  bench.retry(first[0], 0);
  const auto cut = bench.schedule().take_cut();
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].check, first[0].check);
  EXPECT_NE(cut[0].check, second[0].check);
}

TEST(ScheduleEnd, CutsWhatWaitsAndBeginsNothing) {
  Bench bench(3, 10'000, Repetition::kOnce);
  const auto one = bench.next();
  bench.schedule().ended(one->monitor);
  bench.retry(*one, 1'000);
  const auto two = bench.next();
  ASSERT_TRUE(two);
  bench.schedule().end();
  EXPECT_TRUE(bench.schedule().over(bench.now()));
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
  EXPECT_FALSE(bench.next());
  bench.schedule().ended(two->monitor);  // what was under way ends
  bench.retry(*two, 0);
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
  bench.advance_to(100 * kSecond);
  EXPECT_FALSE(bench.next());
  EXPECT_EQ(bench.schedule().begun(), 2U);
}

TEST(ScheduleEnd, CutsARetryThatIsHeld) {
  Bench bench(2, 10'000, Repetition::kOnce);
  const auto made = bench.make_all();
  for (const auto& attempt : made) bench.retry(attempt, 0);
  bench.advance_to(2'000'000);
  auto held = bench.next();
  auto running = bench.next();
  ASSERT_TRUE(held && running);
  bench.schedule().hold(*held);
  bench.schedule().end();
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
  EXPECT_FALSE(bench.resume(*held));
  bench.schedule().hold(*running);  // told to wait when all was over
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
}

}  // namespace
}  // namespace tracer::sched
