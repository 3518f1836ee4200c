// Monitors that come and go while a schedule goes on.

#include "tests/unit/sched/schedule_bench.h"

#include <gtest/gtest.h>

#include <vector>

namespace tracer::sched {
namespace {

using testing::Bench;
using testing::kOriginUnixMs;
using testing::kSecond;

TEST(ScheduleChange, GridIsThatOfTheWallClock) {
  Bench bench(50, 10'000, Repetition::kForEver);
  bench.advance_to(20 * kSecond);
  for (const auto& attempt : bench.make_all()) {
    const std::int64_t due_ns = bench.due_ns(attempt.monitor, 0);
    EXPECT_EQ(attempt.scheduled_unix_ms, kOriginUnixMs + due_ns / 1'000'000);
  }
}

TEST(ScheduleChange, AMonitorThatIsRemovedIsNotCheckedAgain) {
  Bench bench(3, 10'000, Repetition::kForEver);
  bench.schedule().remove(1);
  EXPECT_EQ(bench.schedule().take_departed(), std::vector<std::uint32_t>{1});
  bench.advance_to(10 * kSecond);
  for (const auto& attempt : bench.make_all()) EXPECT_NE(attempt.monitor, 1U);
  EXPECT_EQ(bench.schedule().begun(), 2U);
}

TEST(ScheduleChange, AMonitorThatIsRemovedWhileItIsDueIsPassedOver) {
  Bench bench(3, 10'000, Repetition::kForEver);
  bench.advance_to(10 * kSecond);
  bench.schedule().remove(0);
  bench.schedule().remove(2);
  EXPECT_TRUE(bench.schedule().take_departed().empty());
  const auto made = bench.make_all();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].monitor, 1U);
  EXPECT_EQ(bench.schedule().take_departed().size(), 2U);
}

TEST(ScheduleChange, AMonitorThatIsRemovedWhileItRunsDepartsWhenThatEnds) {
  Bench bench(1, 10'000, Repetition::kForEver);
  bench.advance_to(10 * kSecond);
  const auto running = bench.next();
  ASSERT_TRUE(running);
  bench.schedule().remove(0);
  EXPECT_TRUE(bench.schedule().take_departed().empty());
  bench.schedule().ended(0);
  EXPECT_EQ(bench.schedule().take_departed().size(), 1U);
  bench.retry(*running, 0);
  EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
  bench.advance_to(100 * kSecond);
  EXPECT_FALSE(bench.next());
}

TEST(ScheduleChange, RemovalCutsARetryThatWaitsOrIsDue) {
  for (const std::int64_t delay_ms : {0, 5'000}) {
    Bench bench(1, 60'000, Repetition::kForEver);
    bench.advance_to(bench.first_due_ns());
    const auto made = bench.make_all();
    ASSERT_EQ(made.size(), 1U);
    bench.retry(made[0], delay_ms);
    bench.advance_to(bench.first_due_ns() + 1'000'000);
    bench.schedule().remove(0);
    EXPECT_EQ(bench.schedule().take_cut().size(), 1U);
    EXPECT_FALSE(bench.next());
    EXPECT_EQ(bench.schedule().take_departed().size(), 1U);
  }
}

TEST(ScheduleChange, ASuccessorWaitsForWhatIsUnderWay) {
  Bench bench(2, 60'000, Repetition::kForEver);
  bench.schedule().remove(1);
  bench.advance_to(bench.first_due_ns());
  ASSERT_TRUE(bench.next());
  bench.schedule().remove(0);
  bench.schedule().add(1, bench.now(), 0);
  const std::int64_t timeout_ns = 10 * kSecond;  // the default
  const std::int64_t due_ns = bench.due_ns(1, bench.first_due_ns() + timeout_ns);
  EXPECT_GE(bench.next_timer_ns(), bench.first_due_ns());
  bench.advance_to(due_ns - 1'000'000);
  EXPECT_FALSE(bench.next());
  bench.advance_to(due_ns);
  const auto attempt = bench.next();
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->monitor, 1U);
}

TEST(ScheduleChange, PlacesAreUsedAgain) {
  Bench bench(2, 1'000, Repetition::kForEver);
  for (int round = 0; round < 100; ++round) {
    bench.schedule().remove(0);
    EXPECT_EQ(bench.schedule().take_departed().size(), 1U);
    bench.schedule().add(0, bench.now());
  }
  bench.advance_to(kSecond);
  EXPECT_EQ(bench.make_all().size(), 2U);
}

}  // namespace
}  // namespace tracer::sched
