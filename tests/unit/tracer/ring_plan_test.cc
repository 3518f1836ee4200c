#include "tools/tracer/ring_plan.h"

#include <gtest/gtest.h>

namespace tracer::cli {
namespace {

constexpr std::uint32_t kLimit = 20'000;

TEST(RingPlan, OneRingACoreIsEnough) {
  const RingPlan plan = plan_rings(RingKind::kUring, {4096, 1'000'000, 0, 2}, kLimit);
  EXPECT_EQ(plan.rings, 2U);
  EXPECT_EQ(plan.slots, 2048U);
  EXPECT_FALSE(plan.cut);
}

TEST(RingPlan, FewMonitorsNeedNeitherThreadsNorSlots) {
  const RingPlan plan = plan_rings(RingKind::kUring, {4096, 3, 0, 64}, kLimit);
  EXPECT_EQ(plan.rings, 1U);
  EXPECT_EQ(plan.slots, 3U);
}

TEST(RingPlan, WhereMoreMonitorsMayComeThereIsRoomForThem) {
  const RingPlan plan =
      plan_rings(RingKind::kUring, {60'000, RingDemand::kAnyNumber, 0, 2}, kLimit);
  EXPECT_EQ(plan.rings, 4U);
  EXPECT_EQ(plan.slots, 15'000U);
  EXPECT_TRUE(plan_rings(RingKind::kEpoll, {60'000, RingDemand::kAnyNumber, 0, 2}, kLimit).cut);
}

TEST(RingPlan, NoMoreRingsThanProbesAtATime) {
  const RingPlan plan = plan_rings(RingKind::kUring, {1, 10'000, 8, 8}, kLimit);
  EXPECT_EQ(plan.rings, 1U);
  EXPECT_EQ(plan.slots, 1U);
}

TEST(RingPlan, MoreInFlightThanATableHoldsTakesMoreRings) {
  RingPlan plan = plan_rings(RingKind::kUring, {60'000, 1'000'000, 0, 2}, kLimit);
  EXPECT_EQ(plan.rings, 4U);  // three would do, but not fall evenly to the cores
  EXPECT_EQ(plan.slots, 15'000U);
  EXPECT_FALSE(plan.cut);
  // Room for all monitors, however unevenly they fall to the rings.
  plan = plan_rings(RingKind::kUring, {1'000'000, 60'000, 0, 1}, kLimit);
  EXPECT_EQ(plan.rings, 4U);
  EXPECT_EQ(plan.slots, kLimit);
}

TEST(RingPlan, ThreadsThatAreAskedForAreKeptTo) {
  const RingPlan plan = plan_rings(RingKind::kUring, {60'000, 1'000'000, 2, 2}, kLimit);
  EXPECT_EQ(plan.rings, 2U);
  EXPECT_EQ(plan.slots, kLimit);
  EXPECT_TRUE(plan.cut);
}

TEST(RingPlan, ALowLimitBoundsTheRingsToo) {
  const RingPlan plan = plan_rings(RingKind::kUring, {4096, 300, 0, 2}, 32);
  EXPECT_EQ(plan.rings, 2U);
  EXPECT_EQ(plan.slots, 32U);
  EXPECT_TRUE(plan.cut);
}

TEST(RingPlan, WithEpollTheRingsShareTheDescriptors) {
  RingPlan plan = plan_rings(RingKind::kEpoll, {60'000, 1'000'000, 0, 2}, kLimit);
  EXPECT_EQ(plan.rings, 2U);
  EXPECT_TRUE(plan.cut);
  EXPECT_LT(plan.rings * plan.slots, kLimit - 20);
  EXPECT_GT(plan.rings * plan.slots, kLimit - 200);
  plan = plan_rings(RingKind::kEpoll, {4096, 1'000'000, 0, 2}, kLimit);
  EXPECT_EQ(plan.slots, 2048U);
  EXPECT_FALSE(plan.cut);
}

TEST(RingPlan, AFewDescriptorsAreSharedEvenSo) {
  const RingPlan plan = plan_rings(RingKind::kEpoll, {4096, 300, 0, 2}, 32);
  EXPECT_EQ(plan.rings, 2U);
  EXPECT_EQ(plan.slots, 8U);
  EXPECT_TRUE(plan.cut);
  EXPECT_EQ(plan_rings(RingKind::kEpoll, {4096, 300, 0, 8}, 5).slots, 1U);
}

TEST(RingPlan, NothingIsCutWhereAllMonitorsFit) {
  EXPECT_FALSE(plan_rings(RingKind::kEpoll, {60'000, 10'000, 0, 2}, kLimit).cut);
  EXPECT_FALSE(plan_rings(RingKind::kUring, {60'000, 30'000, 2, 2}, kLimit).cut);
}

TEST(RingPlan, WhatIsAskedForIsChosen) {
  EXPECT_EQ(choose_ring(RingKind::kEpoll).kind, RingKind::kEpoll);
  EXPECT_EQ(choose_ring(RingKind::kEpoll).warning, "");
  EXPECT_EQ(choose_ring(RingKind::kUring).kind, RingKind::kUring);
}

}  // namespace
}  // namespace tracer::cli
