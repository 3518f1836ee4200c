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

// A bench of which only the first monitor is there: the others take its place, one after the other.
class Succession : public ::testing::Test {
 protected:
  Succession() : bench_(testing::make_succession(4, 60'000), Repetition::kForEver) {
    for (std::uint32_t i = 1; i < 4; ++i) schedule().remove(i);
    bench_.advance_to(bench_.first_due_ns());
    under_way_ = bench_.next();
    bench_.advance_to(bench_.first_due_ns() + 1'000'000);
    (void)schedule().take_departed();
  }
  Schedule& schedule() { return bench_.schedule(); }
  void follow(std::uint32_t predecessor, std::uint32_t heir) {
    schedule().remove(predecessor);
    schedule().add(heir, bench_.now());
  }
  // When they are due, all on one grid, the n-th time from now on.
  std::int64_t due_ns(int n) const { return bench_.first_due_ns() + n * 60 * kSecond; }

  Bench bench_;
  std::optional<engine::Attempt> under_way_;  // at the first monitor
};

TEST_F(Succession, AnHeirIsDueOnItsGrid) {
  schedule().ended(0);
  follow(0, 1);
  bench_.advance_to(due_ns(1) - 1'000'000);
  EXPECT_FALSE(bench_.next());
  bench_.advance_to(due_ns(1));
  const auto attempt = bench_.next();
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->monitor, 1U);
}

// However long that takes: an attempt may wait for its address far longer than its timeout.
TEST_F(Succession, AnHeirStartsWhenWhatIsUnderWayHasEnded) {
  follow(0, 1);
  schedule().hold(*under_way_);
  bench_.advance_to(due_ns(2) + kSecond);
  EXPECT_FALSE(bench_.next());
  ASSERT_TRUE(bench_.resume(*under_way_));
  EXPECT_FALSE(bench_.next());
  schedule().ended(0);
  const auto attempt = bench_.next();
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->monitor, 1U);
  EXPECT_EQ(attempt->skipped, 1U);
  EXPECT_FALSE(bench_.next());
}

TEST_F(Succession, AnHeirOfAnHeirWaitsAsLong) {
  follow(0, 1);
  follow(1, 2);
  bench_.advance_to(due_ns(1));
  EXPECT_FALSE(bench_.next());
  follow(2, 3);  // which was kept back
  bench_.advance_to(due_ns(2));
  EXPECT_FALSE(bench_.next());
  EXPECT_TRUE(schedule().take_departed().empty());
  schedule().ended(0);
  EXPECT_EQ(schedule().take_departed().size(), 3U);
  const auto attempt = bench_.next();
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->monitor, 3U);
  EXPECT_FALSE(bench_.next());
}

TEST_F(Succession, OneThatComesBackAfterAWhileWaitsAsWell) {
  schedule().remove(0);
  bench_.advance_to(due_ns(1));
  schedule().add(1, bench_.now());
  bench_.advance_to(due_ns(2));
  EXPECT_FALSE(bench_.next());
  schedule().ended(0);
  EXPECT_TRUE(bench_.next());
}

TEST_F(Succession, AHeldRetryIsCutAndKeepsNobodyBack) {
  schedule().ended(0);
  bench_.retry(*under_way_, 0);
  bench_.advance_to(bench_.first_due_ns() + 1'000'000);
  const auto retry = bench_.next();
  ASSERT_TRUE(retry);
  schedule().hold(*retry);
  follow(0, 1);
  EXPECT_EQ(schedule().take_cut().size(), 1U);
  bench_.advance_to(due_ns(1));
  EXPECT_TRUE(bench_.next());
  engine::Attempt waited = *retry;
  EXPECT_FALSE(bench_.resume(waited));
}

TEST_F(Succession, TheEndCutsNothingOfAnHeir) {
  follow(0, 1);
  bench_.advance_to(due_ns(1));
  schedule().end();
  EXPECT_TRUE(schedule().take_cut().empty());
  schedule().ended(0);
  EXPECT_FALSE(bench_.next());
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
