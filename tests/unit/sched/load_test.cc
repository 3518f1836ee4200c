#include "sched/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace tracer::sched {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;
constexpr std::int64_t kOrigin = 77 * kSecond;

LoadPlan open_loop(std::uint32_t rate, std::int64_t duration_ns) {
  LoadPlan plan;
  plan.rate = rate;
  plan.duration_ns = duration_ns;
  return plan;
}

// When its connections are due, each begun on time, after the origin.
std::vector<std::int64_t> due_times(const LoadPlan& plan) {
  Load load(plan);
  load.begin(kOrigin);
  std::vector<std::int64_t> times;
  while (!load.over()) {
    const std::int64_t due_ns = load.next_due_ns();
    const auto start = load.next(due_ns);
    EXPECT_TRUE(start);
    EXPECT_EQ(start->late_ns, 0);
    times.push_back(due_ns - kOrigin);
    load.look(due_ns);
  }
  EXPECT_EQ(load.missed(), 0U);
  EXPECT_EQ(load.begun(), times.size());
  return times;
}

TEST(Load, IsOverBeforeItBegins) {
  Load load(open_loop(1, kSecond));
  EXPECT_TRUE(load.over());
  EXPECT_EQ(load.next_due_ns(), Load::kNever);
}

TEST(Load, ArrivalsLieOnTheGridOfTheRate) {
  EXPECT_THAT(due_times(open_loop(4, kSecond)), ElementsAre(0, 250 * kMs, 500 * kMs, 750 * kMs));
  EXPECT_THAT(due_times(open_loop(3, kSecond)), ElementsAre(0, 333'333'333, 666'666'666));
  const auto times = due_times(open_loop(LoadPlan::kMaxRate, 50 * kMs));
  ASSERT_EQ(times.size(), 50'000U);
  EXPECT_EQ(times.back(), 49'999'000);
}

TEST(Load, TheGridDoesNotDriftInAnHour) {
  LoadPlan plan = open_loop(7, LoadPlan::kMaxNs);
  plan.warm_up_ns = LoadPlan::kMaxNs;
  const auto times = due_times(plan);
  ASSERT_EQ(times.size(), 7U * 7200);
  for (std::size_t i = 0; i < times.size(); i += 7) {
    ASSERT_EQ(times[i], static_cast<std::int64_t>(i / 7) * kSecond);
  }
}

TEST(Load, ShardsShareTheGridAndTheCount) {
  for (const std::uint64_t count : {std::uint64_t{11}, std::uint64_t{2}, UINT64_MAX}) {
    std::multiset<std::int64_t> times;
    LoadPlan plan = open_loop(10, 2 * kSecond);
    plan.count = count;
    plan.shards = 3;
    for (plan.shard = 0; plan.shard < plan.shards; ++plan.shard) {
      for (const std::int64_t time : due_times(plan)) times.insert(time);
    }
    std::multiset<std::int64_t> whole;
    plan.shard = 0;
    plan.shards = 1;
    for (const std::int64_t time : due_times(plan)) whole.insert(time);
    EXPECT_EQ(times, whole);
    EXPECT_EQ(times.size(), count == UINT64_MAX ? 20 : count);
  }
}

TEST(Load, WhatWaitsIsLateAndNoneIsLeftOut) {
  Load load(open_loop(10, kSecond));
  load.begin(kOrigin);
  load.look(kOrigin + 450 * kMs);
  EXPECT_EQ(load.waiting(), 5U);
  for (int i = 0; i < 5; ++i) {
    const auto start = load.next(kOrigin + 450 * kMs);
    ASSERT_TRUE(start);
    EXPECT_EQ(start->late_ns, (450 - 100 * i) * kMs);
  }
  EXPECT_FALSE(load.next(kOrigin + 450 * kMs));
  EXPECT_EQ(load.waiting(), 0U);
  EXPECT_EQ(load.next_due_ns(), kOrigin + 500 * kMs);
}

TEST(Load, WhatCouldNotBeBegunInTimeIsMissed) {
  Load load(open_loop(10, kSecond));
  load.begin(kOrigin);
  EXPECT_TRUE(load.next(kOrigin));
  load.look(kOrigin + 1999 * kMs);  // a little late is late
  EXPECT_FALSE(load.over());
  EXPECT_TRUE(load.next(kOrigin + 1999 * kMs));
  load.look(kOrigin + 2 * kSecond);
  EXPECT_TRUE(load.over());
  EXPECT_EQ(load.missed(), 8U);
  EXPECT_FALSE(load.next(kOrigin + 2 * kSecond));
}

TEST(Load, AnEndBeforeItsTimeMissesWhatWasDueByThen) {
  Load load(open_loop(10, kSecond));
  load.begin(kOrigin);
  EXPECT_TRUE(load.next(kOrigin));
  load.look(kOrigin + 350 * kMs);
  load.end();
  EXPECT_TRUE(load.over());
  EXPECT_EQ(load.missed(), 3U);
}

TEST(Load, TheWarmUpIsMarkedAndCountsForNothing) {
  LoadPlan plan = open_loop(10, kSecond);
  plan.warm_up_ns = 300 * kMs;
  plan.count = 2;
  Load load(plan);
  load.begin(kOrigin);
  std::vector<bool> marks;
  while (const auto start = load.next(load.next_due_ns())) {
    marks.push_back(start->warm_up);
    if (load.over()) break;
  }
  EXPECT_THAT(marks, ElementsAre(true, true, true, false, false));

  Load broken_off(plan);
  broken_off.begin(kOrigin);
  broken_off.look(kOrigin + 200 * kMs);
  broken_off.end();
  EXPECT_EQ(broken_off.missed(), 0U);
}

TEST(Load, AClosedLoopIsAlwaysDueUntilItsTimeIsOver) {
  LoadPlan plan;
  plan.duration_ns = kSecond;
  plan.warm_up_ns = kSecond;
  Load load(plan);
  load.begin(kOrigin);
  for (int i = 0; i < 1000; ++i) {
    const auto start = load.next(kOrigin + i * kMs);
    ASSERT_TRUE(start);
    EXPECT_EQ(start->late_ns, 0);
    EXPECT_TRUE(start->warm_up);
  }
  EXPECT_FALSE(load.next(kOrigin + kSecond)->warm_up);
  EXPECT_LT(load.next_due_ns(), kOrigin);
  EXPECT_FALSE(load.next(kOrigin + 2 * kSecond));
  EXPECT_TRUE(load.over());
  EXPECT_EQ(load.missed(), 0U);
}

TEST(Load, AClosedLoopEndsWithItsCount) {
  LoadPlan plan;
  plan.count = 5;
  plan.shards = 2;
  std::uint64_t begun = 0;
  for (plan.shard = 0; plan.shard < plan.shards; ++plan.shard) {
    Load load(plan);
    load.begin(kOrigin);
    while (load.next(kOrigin)) ++begun;
    EXPECT_TRUE(load.over());
  }
  EXPECT_EQ(begun, 5U);
}

TEST(Load, AShardWithoutAPartIsOverAtOnce) {
  LoadPlan plan;
  plan.count = 1;
  plan.shards = 2;
  plan.shard = 1;
  Load load(plan);
  load.begin(kOrigin);
  EXPECT_TRUE(load.over());
  EXPECT_FALSE(load.next(kOrigin));
}

}  // namespace
}  // namespace tracer::sched
