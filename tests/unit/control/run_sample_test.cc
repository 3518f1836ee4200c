#include "tools/tracer/control/run_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tracer::cli {
namespace {

using engine::FailureCode;

std::uint64_t& failures(RunSample& sample, FailureCode code) {
  return sample.run.evaluated.by_failure[static_cast<std::size_t>(code)];
}

TEST(RunInterval, IsWhatHappenedBetweenTwoSamples) {
  RunSample earlier;
  earlier.run.uptime_ns = 10'000'000'000;
  earlier.run.evaluated.reports = 1000;
  earlier.run.evaluated.by_verdict = {900, 0, 100, 0};
  earlier.run.shards.skipped = 5;
  earlier.run.shards.names.hits = 100;
  earlier.run.shards.chain_misses = 100;
  earlier.process.cpu_user_ns = 7'000'000'000;
  RunSample now = earlier;
  now.run.uptime_ns = 12'000'000'000;
  now.run.evaluated.reports = 1400;
  now.run.evaluated.by_verdict = {1200, 0, 200, 0};
  failures(now, FailureCode::kConnectionReset) = 100;
  now.run.shards.skipped = 7;
  now.run.shards.names.hits = 103;
  now.run.shards.names.misses = 1;
  now.process.cpu_user_ns += 1'000'000'000;
  now.process.cpu_system_ns += 2'000'000'000;
  const RunInterval interval = interval_between(earlier, now);
  EXPECT_DOUBLE_EQ(interval.seconds, 2);
  EXPECT_DOUBLE_EQ(interval.checks_per_second, 200);
  EXPECT_THAT(interval.verdicts_per_second, testing::ElementsAre(150, 0, 50, 0));
  EXPECT_DOUBLE_EQ(
      interval.failures_per_second[static_cast<std::size_t>(FailureCode::kConnectionReset)], 50);
  EXPECT_EQ(interval.skipped, 2U);
  EXPECT_DOUBLE_EQ(interval.cpu_share.value(), 1.5);
  EXPECT_DOUBLE_EQ(interval.cpu_us_per_check.value(), 7500);
  EXPECT_DOUBLE_EQ(interval.name_hit_share.value(), 0.75);
  EXPECT_FALSE(interval.chain_hit_share);
}

TEST(RunInterval, OfNoTimeHasNoRates) {
  RunSample now;
  now.run.uptime_ns = 5;
  now.run.evaluated.reports = 9;
  const RunInterval interval = interval_between(now, now);
  EXPECT_EQ(interval.checks_per_second, 0);
  EXPECT_FALSE(interval.cpu_share);
  EXPECT_FALSE(interval.cpu_us_per_check);
}

TEST(FrequentFailures, OfLateComeFirst) {
  RunSample earlier;
  failures(earlier, FailureCode::kDnsTimeout) = 500;
  failures(earlier, FailureCode::kTlsAlert) = 3;
  RunSample now = earlier;
  failures(now, FailureCode::kConnectionReset) = 4;
  failures(now, FailureCode::kTlsAlert) += 9;
  EXPECT_THAT(frequent_failures(earlier, now),
              testing::ElementsAre(FailureCode::kTlsAlert, FailureCode::kConnectionReset,
                                   FailureCode::kDnsTimeout));
}

TEST(SameRun, EndsWithTheProcess) {
  RunSample earlier;
  earlier.process.pid = 4;
  earlier.run.uptime_ns = 100;
  RunSample now = earlier;
  now.run.uptime_ns = 200;
  EXPECT_TRUE(same_run(earlier, now));
  EXPECT_FALSE(same_run(now, earlier));
  now.process.pid = 5;
  EXPECT_FALSE(same_run(earlier, now));
}

}  // namespace
}  // namespace tracer::cli
