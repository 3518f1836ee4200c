// The sinks of a run that goes on: changes and statistics.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "engine/history.h"
#include "tests/unit/sinks/captured_output.h"
#include "tests/unit/sinks/manual_clock.h"
#include "tests/unit/sinks/sample_reports.h"
#include "tools/tracer/sinks/changes_sink.h"
#include "tools/tracer/sinks/stats_sink.h"

namespace tracer::cli {
namespace {

using samples::Sample;

class ChangesSinkTest : public testing::Test {
 protected:
  void write(const Sample& sample) {
    engine::Report report = sample.judged(monitors_);
    engine::History& history = histories_[report.outcome.monitor];
    report.before = history;
    if (engine::is_observed(report.failure)) {
      history.observe(report.verdict, report.outcome.started_unix_ms);
    }
    report.after = history;
    sink_.write({&report, 1});
    EXPECT_TRUE(sink_.finish().has_value());
  }

  CapturedOutput output_;
  ManualClock clock_;
  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
  ChangesSink sink_{output_.descriptor(), monitors_, {}, clock_};
  std::array<engine::History, 2> histories_;
};

TEST_F(ChangesSinkTest, WhatIsUpFromTheStartAndStaysUpIsNotWorthALine) {
  write(samples::redis_success(1));
  write(samples::redis_success(1));
  EXPECT_EQ(output_.text(), "");
}

TEST_F(ChangesSinkTest, TellsWhenAVerdictChangesAndForHowLongItHeld) {
  write(samples::redis_success(1));
  write(samples::refused(1));
  write(samples::refused(1));
  write(samples::refused(1));
  write(samples::redis_success(1));
  const std::string text = output_.text();
  EXPECT_EQ(text.find("2026-01-02T03:04:05.678Z ✘ down 127.0.0.1:6379: connection_refused"), 0U)
      << text;
  EXPECT_NE(text.find("(was up for 1 check)\n"), text.npos) << text;
  EXPECT_NE(text.find("✔ up 127.0.0.1:6379 (was down for 3 checks)\n"), text.npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(ChangesSinkTest, WhatIsDownFromTheStartHasNoPast) {
  write(samples::expired(0));
  EXPECT_EQ(output_.text().find("(was"), std::string::npos) << output_.text();
  EXPECT_NE(output_.text().find("certificate_expired"), std::string::npos);
}

TEST_F(ChangesSinkTest, WhatIsDownAsItWasBeforeARestartIsNoNews) {
  for (int i = 0; i < 5; ++i) histories_[1].observe(engine::Verdict::kDown, i);
  write(samples::refused(1));
  EXPECT_EQ(output_.text(), "");
  write(samples::redis_success(1));
  EXPECT_NE(output_.text().find("up 127.0.0.1:6379 (was down for 6 checks)\n"), std::string::npos)
      << output_.text();
}

TEST_F(ChangesSinkTest, ACheckThatWeBrokeOffIsNoNews) {
  for (int round = 0; round < 2; ++round) {
    samples::Sample broken_off = samples::refused(1);
    broken_off.outcome().failure = engine::FailureCode::kLocalShutdown;
    write(broken_off);
    write(samples::redis_success(1));
  }
  EXPECT_EQ(output_.text(), "");
}

TEST(StatsLine, RatesAndLatenessAreThoseSinceTheLastLine) {
  sched::Histogram histogram;
  for (int i = 0; i < 100; ++i) histogram.record(50'000'000);
  RunSample earlier;
  histogram.add_to(earlier.run.lateness);
  earlier.run.evaluated.reports = 100;
  for (int i = 0; i < 100; ++i) histogram.record(1'000'000);
  RunSample now;
  histogram.add_to(now.run.lateness);
  now.run.uptime_ns = 2'000'000'000;
  now.run.evaluated.reports = 300;
  now.run.evaluated.by_verdict[0] = 299;
  now.run.evaluated.by_verdict[2] = 1;
  now.run.shards.in_flight = 7;
  now.run.shards.due = 4;
  now.run.shards.skipped = 3;
  now.run.shards.names.hits = 999;
  now.run.shards.names.misses = 1;
  now.process.cpu_user_ns = 100'000'000;
  now.process.cpu_system_ns = 400'000'000;
  now.process.resident_bytes = 3 << 20;
  EXPECT_EQ(
      stats_line(earlier, now),
      "stats: 100.0 checks/s, 7 in flight, 4 due, late p50 1.05 ms p99 1.05 ms p99.9 1.05 ms, "
      "CPU 25.0% (2500.0 us/check), RSS 3.0 MiB, DNS 99.9% hits; so far 3 skipped, 0 retries "
      "(0 cut), 299 up, 0 degraded, 1 down, 0 unknown");
}

TEST(StatsLine, NamesTheMostFrequentFailures) {
  RunSample now;
  now.run.uptime_ns = 1'000'000'000;
  for (std::size_t i = 1; i <= 7; ++i) now.run.evaluated.by_failure[i] = i;
  const std::string line = stats_line({}, now);
  EXPECT_NE(line.find("0 unknown; failed: connection_reset 7, connection_timeout 6, "
                      "connection_refused 5, dns_server_failure 4, dns_timeout 3 and 2 codes more"),
            line.npos)
      << line;
}

TEST(StatsLine, SaysNothingOfWhatDidNotHappen) {
  const std::string line = stats_line({}, {});
  EXPECT_EQ(line.find("us/check"), line.npos) << line;
  EXPECT_EQ(line.find("DNS"), line.npos) << line;
  EXPECT_EQ(line.find("failed"), line.npos) << line;
}

}  // namespace
}  // namespace tracer::cli
