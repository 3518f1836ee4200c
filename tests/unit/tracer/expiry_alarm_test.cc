#include "tools/tracer/expiry_alarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/unit/sinks/sample_reports.h"

namespace tracer::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr std::int64_t kDay = 86'400;

TEST(ExpiryAlarm, ComparesWhatIsLeft) {
  const ExpiryThresholds both{30 * kDay, 7 * kDay};
  const auto alarm = [](std::int64_t left_s, const ExpiryThresholds& thresholds) {
    return expiry_alarm(1000 * kDay + left_s, 1000 * kDay, thresholds);
  };
  EXPECT_EQ(alarm(30 * kDay, both), ExpiryAlarm::kNone);
  EXPECT_EQ(alarm(30 * kDay - 1, both), ExpiryAlarm::kWarning);
  EXPECT_EQ(alarm(7 * kDay, both), ExpiryAlarm::kWarning);
  EXPECT_EQ(alarm(7 * kDay - 1, both), ExpiryAlarm::kCritical);
  EXPECT_EQ(alarm(-1, {30 * kDay, std::nullopt}), ExpiryAlarm::kCritical);
  EXPECT_EQ(alarm(kDay, {30 * kDay, std::nullopt}), ExpiryAlarm::kWarning);
  EXPECT_EQ(alarm(kDay, {std::nullopt, 7 * kDay}), ExpiryAlarm::kCritical);
  EXPECT_EQ(alarm(8 * kDay, {std::nullopt, 7 * kDay}), ExpiryAlarm::kNone);
  EXPECT_EQ(alarm(-1, {}), ExpiryAlarm::kNone);
}

TEST(ExpiryAlarm, SaysWhichCertificateAndWhen) {
  const ssl::ChainRef chain = samples::chain();
  EXPECT_EQ(expiry_line(ExpiryAlarm::kWarning, "web", *chain.get(), samples::kStartedS),
            "WARNING: web: CN=example.org expires in 89 days, at 2026-04-01T03:04:15.000Z");
  EXPECT_EQ(
      expiry_line(ExpiryAlarm::kCritical, "web", *chain.get(), samples::kStartedS + 91 * kDay),
      "CRITICAL: web: CN=example.org expired 1 day ago, at 2026-04-01T03:04:15.000Z");
  EXPECT_EQ(expiry_line(ExpiryAlarm::kNone, "web", *chain.get(), 0), "");
}

TEST(ExpiryAlarm, WatchesReports) {
  const engine::MonitorSet monitors = samples::monitor_set({samples::tls_monitor()});
  const samples::Sample good = samples::tls_success(0);
  const samples::Sample refused = samples::refused(0);
  const std::array reports = {good.judged(monitors), refused.judged(monitors)};
  std::vector<std::string> lines;
  const auto run = [&](const ExpiryThresholds& thresholds) {
    lines.clear();
    ExpirySink sink(
        thresholds, [](const engine::Report&) { return "web"; },
        [&lines](const std::string& line) { lines.push_back(line); });
    sink.write(reports);
    EXPECT_TRUE(sink.finish());
    return sink.alarmed();
  };
  EXPECT_FALSE(run({}));
  EXPECT_FALSE(run({89 * kDay, std::nullopt}));
  EXPECT_THAT(lines, ElementsAre());
  EXPECT_TRUE(run({90 * kDay, std::nullopt}));
  EXPECT_THAT(lines, ElementsAre(StartsWith("WARNING: web: CN=example.org")));
}

}  // namespace
}  // namespace tracer::cli
