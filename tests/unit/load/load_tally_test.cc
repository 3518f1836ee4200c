#include "tools/tracer/load/load_tally.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

namespace tracer::cli {
namespace {

using engine::FailureCode;
using engine::Verdict;

constexpr std::int64_t kMs = 1'000'000;

engine::Report success(std::int64_t total_ns, std::int64_t late_ns = 0) {
  engine::Report report;
  report.verdict = Verdict::kUp;
  report.outcome.times.connect_ns = total_ns / 2;
  report.outcome.times.total_ns = total_ns;
  report.outcome.late_ns = late_ns;
  return report;
}

engine::Report failure(FailureCode code, std::string_view detail = {}) {
  engine::Report report;
  report.verdict = engine::failure_info(code).ours ? Verdict::kUnknown : Verdict::kDown;
  report.failure = code;
  report.outcome.failure = code;
  report.outcome.failure_phase = engine::Phase::kConnect;
  report.outcome.times.total_ns = 7 * kMs;
  report.outcome.set_detail(detail);
  return report;
}

TEST(Durations, QuantilesAreWithinAHundredthAndNeverBeyondTheGreatest) {
  Durations durations;
  EXPECT_EQ(durations.quantiles_ns({0.5, 1}), (std::vector<std::int64_t>{0, 0}));
  for (std::int64_t i = 1; i <= 10'000; ++i) durations.add(i * 1000);
  const auto quantiles = durations.quantiles_ns({0.5, 0.9, 0.99, 0.999, 1});
  const std::vector<double> wanted{5000e3, 9000e3, 9900e3, 9990e3, 10'000e3};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_GE(static_cast<double>(quantiles[i]), wanted[i]);
    EXPECT_LE(static_cast<double>(quantiles[i]), wanted[i] * 1.01);
  }
  EXPECT_EQ(quantiles.back(), durations.max_ns());
  durations.clear();
  EXPECT_EQ(durations.count(), 0U);
  EXPECT_EQ(durations.max_ns(), 0);
}

TEST(LoadTally, LatencyIsTheLatenessAndWhatItTook) {
  LoadTally tally;
  tally.add(success(10 * kMs, 90 * kMs), 1000 * kMs);
  EXPECT_EQ(tally.of(Span::kConnect).max_ns(), 5 * kMs);
  EXPECT_EQ(tally.of(Span::kTotal).max_ns(), 10 * kMs);
  EXPECT_EQ(tally.of(Span::kLatency).max_ns(), 100 * kMs);
  EXPECT_EQ(tally.of(Span::kTls).count(), 0U);
}

TEST(LoadTally, TheRateIsThatOfTheStarts) {
  LoadTally tally;
  tally.add(success(10 * kMs), 1010 * kMs);
  EXPECT_EQ(tally.rate(), 0);
  tally.add(success(510 * kMs), 2010 * kMs);  // began half a second after the other one
  EXPECT_DOUBLE_EQ(tally.rate(), 2);
  tally.add(failure(FailureCode::kConnectionRefused), 1257 * kMs);
  EXPECT_DOUBLE_EQ(tally.rate(), 4);
}

TEST(LoadTally, CountsAddUp) {
  LoadTally tally;
  engine::Report degraded = success(kMs);
  degraded.verdict = Verdict::kDegraded;
  degraded.failure = FailureCode::kAssertionFailed;
  engine::Report warm_up = failure(FailureCode::kConnectionReset);
  warm_up.outcome.warm_up = true;
  for (const auto& report :
       {success(kMs), degraded, warm_up, failure(FailureCode::kConnectionRefused, "first"),
        failure(FailureCode::kTlsTimeout), failure(FailureCode::kConnectionRefused, "second"),
        failure(FailureCode::kLocalShutdown)}) {
    tally.add(report, 1000 * kMs);
  }
  EXPECT_EQ(tally.warm_up(), 1U);
  EXPECT_EQ(tally.succeeded(), 2U);
  EXPECT_EQ(tally.failed(), 3U);
  EXPECT_EQ(tally.cut(), 1U);
  EXPECT_EQ(tally.made(), 6U);
  EXPECT_EQ(tally.of(Span::kTotal).count(), 2U);
  const auto failures = tally.failures();
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].code, FailureCode::kConnectionRefused);
  EXPECT_EQ(failures[0].count, 2U);
  EXPECT_EQ(failures[0].detail, "first");
  EXPECT_EQ(failures[1].code, FailureCode::kTlsTimeout);
}

TEST(LoadTally, KnowsTheWantOfAPortFromOtherWants) {
  const auto message = [](int error) {
    return "connect: " + std::generic_category().message(error);
  };
  LoadTally tally;
  tally.add(failure(FailureCode::kLocalResources, message(EMFILE)), kMs);
  EXPECT_EQ(tally.without_port(), 0U);
  tally.add(failure(FailureCode::kLocalResources, message(EADDRNOTAVAIL)), kMs);
  EXPECT_EQ(tally.without_port(), 1U);
  EXPECT_EQ(tally.failed(), 2U);
}

}  // namespace
}  // namespace tracer::cli
