#include "sched/pacer.h"

#include <gtest/gtest.h>

namespace tracer::sched {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

int starts_between(Pacer& pacer, std::int64_t from_ms, std::int64_t to_ms) {
  int starts = 0;
  for (std::int64_t ms = from_ms; ms < to_ms; ++ms) {
    while (pacer.take(ms * kMillisecond)) ++starts;
  }
  return starts;
}

TEST(Pacer, HoldsTheRate) {
  Pacer pacer(1000);
  EXPECT_NEAR(starts_between(pacer, 1'000'000, 1'010'000), 10'000, 51);
}

TEST(Pacer, APauseIsNotFollowedByABurst) {
  Pacer pacer(1000);
  starts_between(pacer, 1'000, 2'000);
  EXPECT_LE(starts_between(pacer, 60'000, 60'001), 52);
}

TEST(Pacer, SaysHowLongToWait) {
  Pacer pacer(10);
  const std::int64_t now_ns = 5'000 * kMillisecond;
  while (pacer.take(now_ns)) {
  }
  const std::int64_t wait_ns = pacer.wait_ns(now_ns);
  EXPECT_GT(wait_ns, 0);
  EXPECT_FALSE(pacer.take(now_ns + wait_ns - 1));
  EXPECT_TRUE(pacer.take(now_ns + wait_ns));
}

TEST(Pacer, MayBeSlowerThanOnceASecond) {
  Pacer pacer = Pacer::every(4'000 * kMillisecond);
  EXPECT_EQ(starts_between(pacer, 100'000, 140'000), 11);
}

TEST(Pacer, AStartThatIsGivenBackDoesNotCount) {
  Pacer pacer(10);
  const std::int64_t now_ns = 5'000 * kMillisecond;
  ASSERT_TRUE(pacer.take(now_ns));
  ASSERT_FALSE(pacer.take(now_ns));
  pacer.give_back();
  EXPECT_TRUE(pacer.take(now_ns));
  EXPECT_FALSE(pacer.take(now_ns));
}

TEST(Pacer, IsFullWhenThePastMakesNoDifference) {
  Pacer pacer(10);
  const std::int64_t now_ns = 5'000 * kMillisecond;
  EXPECT_TRUE(pacer.full(now_ns));
  ASSERT_TRUE(pacer.take(now_ns));
  EXPECT_FALSE(pacer.full(now_ns + 99 * kMillisecond));
  EXPECT_TRUE(pacer.full(now_ns + 150 * kMillisecond));
  EXPECT_TRUE(Pacer(0).full(now_ns));
}

TEST(Pacer, ZeroIsNoBound) {
  Pacer pacer(0);
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(pacer.take(1));
  EXPECT_EQ(pacer.wait_ns(1), 0);
}

}  // namespace
}  // namespace tracer::sched
