#include "sched/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

namespace tracer::sched {
namespace {

TEST(Histogram, ABucketHoldsItsValueWithinAnEighth) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t value = random() >> (1 + random() % 63);
    const std::size_t bucket = Histogram::bucket_of(value);
    ASSERT_LT(bucket, Histogram::kBuckets);
    const auto last = static_cast<std::uint64_t>(Histogram::last_of(bucket));
    ASSERT_GE(last, value);
    ASSERT_LE(last - value, value / 8);
    ASSERT_EQ(Histogram::bucket_of(last), bucket);
    if (last < INT64_MAX) {
      ASSERT_EQ(Histogram::bucket_of(last + 1), bucket + 1);
    }
  }
}

TEST(Histogram, AFineOneHoldsItsValueWithinAHundredth) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t value = random() >> (1 + random() % 63);
    const std::size_t bucket = FineHistogram::bucket_of(value);
    ASSERT_LT(bucket, FineHistogram::kBuckets);
    const auto last = static_cast<std::uint64_t>(FineHistogram::last_of(bucket));
    ASSERT_GE(last, value);
    ASSERT_LE(last - value, value / 100);
  }
}

TEST(Histogram, Quantiles) {
  Histogram histogram;
  for (std::int64_t i = 1; i <= 1000; ++i) histogram.record(i * 1000);
  Histogram::Counts counts{};
  histogram.add_to(counts);
  EXPECT_NEAR(static_cast<double>(Histogram::quantile_ns(counts, 0.5)), 500e3, 500e3 / 7);
  EXPECT_NEAR(static_cast<double>(Histogram::quantile_ns(counts, 0.99)), 990e3, 990e3 / 7);
  EXPECT_GE(Histogram::quantile_ns(counts, 1.0), 1'000'000);
}

TEST(Histogram, NothingRecordedIsZeroAndNegativeCountsAsNone) {
  Histogram histogram;
  Histogram::Counts counts{};
  EXPECT_EQ(Histogram::quantile_ns(counts, 0.99), 0);
  histogram.record(-5);
  histogram.add_to(counts);
  EXPECT_EQ(Histogram::quantile_ns(counts, 1.0), 0);
}

}  // namespace
}  // namespace tracer::sched
