// Whole sweeps through real rings against listeners on loopback.

#include "sched/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "engine/clock.h"
#include "engine/uring_ring.h"
#include "sched/limits.h"
#include "tests/unit/sched/pong_server.h"

namespace tracer::sched {
namespace {

using engine::FailureCode;
using engine::MonitorSpec;
using engine::Verdict;
using engine::testing::Listener;
using engine::testing::RefusingPort;
using ::testing::HasSubstr;
using testing::PongServer;

// Sweeps here name addresses only; a name is not found.
class NoNames final : public engine::NameResolver {
 public:
  std::optional<engine::Answer> resolve(std::string_view, engine::IpFamily, std::uint32_t,
                                        std::int64_t) override {
    return engine::Answer{FailureCode::kDnsNotFound, nullptr, "no names here"};
  }
  engine::Answer give_up(std::uint32_t, std::int64_t) override {
    return {FailureCode::kDnsTimeout, nullptr, {}};
  }
  void forget(std::uint32_t) override {}
  void on_completion(const engine::Completion&, std::int64_t) override {}
  std::int64_t next_deadline_ns() const override { return INT64_MAX; }
  void expire(std::int64_t) override {}
  std::span<const std::pair<std::uint32_t, engine::Answer>> take_answers() override { return {}; }
};

struct Seen {
  int reports = 0;
  Verdict verdict = Verdict::kUnknown;
  FailureCode failure = FailureCode::kNone;
  int attempts = 0;
};

class Collector final : public ReportSink {
 public:
  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) {
      Seen& seen = by_monitor[report.outcome.monitor];
      ++seen.reports;
      seen.verdict = report.verdict;
      seen.failure = report.failure;
      seen.attempts = report.attempts;
      ++total;
      if (on_report) on_report(report);
    }
  }
  tl::expected<void, std::string> finish() override { return {}; }

  std::map<std::uint32_t, Seen> by_monitor;
  std::uint64_t total = 0;
  std::function<void(const engine::Report&)> on_report;
};

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() {
    options_.shards = 2;
    options_.shard.slots = 128;
    options_.parts.clock = &clock_;
    options_.parts.ring = [](std::uint32_t slots) { return engine::create_uring_ring(slots); };
    options_.parts.resolver = [](engine::Ring&) {
      return tl::expected<std::unique_ptr<engine::NameResolver>, std::string>(
          std::make_unique<NoNames>());
    };
  }

  MonitorSpec& add(const engine::Endpoint& target) {
    MonitorSpec spec;
    spec.name = "monitor " + std::to_string(specs_.size());
    spec.host = target.address.to_string();
    spec.port = target.port;
    spec.policy.timeout_ms = 120'000;
    specs_.push_back(spec);
    return specs_.back();
  }
  // One that is answered PONG after `refusals` times of WAIT.
  MonitorSpec& add_ping(const PongServer& server, int refusals = 0) {
    MonitorSpec& spec = add(server.endpoint());
    spec.policy.exchange.send =
        "PING " + std::to_string(specs_.size()) + " " + std::to_string(refusals) + "\n";
    spec.policy.exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
    spec.policy.exchange.substring = "PONG";
    return spec;
  }

  engine::MonitorSet make_monitors() const {
    engine::MonitorSetBuilder builder;
    for (const MonitorSpec& spec : specs_) EXPECT_TRUE(builder.add(spec));
    return std::move(builder).build();
  }
  ConfigurationRef make_configuration() const {
    const auto configuration = Configuration::load(make_monitors());
    EXPECT_TRUE(configuration) << configuration.error();
    return configuration.value_or(nullptr);
  }
  void make_fleet() { fleet_ = std::make_unique<Fleet>(options_, make_configuration(), sink_); }
  SweepSummary sweep() {
    if (!fleet_) make_fleet();
    const auto summary = fleet_->run();
    EXPECT_TRUE(summary) << summary.error();
    const SweepSummary result = summary.value_or(SweepSummary{});
    EXPECT_EQ(result.reports, sink_.total);
    EXPECT_EQ(std::accumulate(result.by_verdict.begin(), result.by_verdict.end(), std::uint64_t{0}),
              sink_.total);
    for (const auto& [monitor, seen] : sink_.by_monitor) {
      EXPECT_EQ(seen.reports, 1) << "monitor " << monitor;
    }
    return result;
  }
  static std::uint64_t count(const SweepSummary& summary, Verdict verdict) {
    return summary.by_verdict[static_cast<std::size_t>(verdict)];
  }

  const engine::SystemClock clock_;
  FleetOptions options_;
  std::vector<MonitorSpec> specs_;
  Collector sink_;
  std::unique_ptr<Fleet> fleet_;
};

TEST_F(FleetTest, AnEmptySweepEnds) { EXPECT_EQ(sweep().reports, 0U); }

TEST_F(FleetTest, ReportsEveryMonitorOnce) {
  const PongServer server;
  const RefusingPort refusing;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    i % 5 == 4 ? add(refusing.endpoint()) : i % 5 == 3 ? add(server.endpoint()) : add_ping(server);
  }
  specs_[7].enabled = false;
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.reports, 2999U);
  EXPECT_EQ(sink_.by_monitor.size(), 2999U);
  for (const auto& [monitor, seen] : sink_.by_monitor) {
    const bool refused = monitor % 5 == 4;
    ASSERT_EQ(seen.verdict, refused ? Verdict::kDown : Verdict::kUp) << monitor;
    ASSERT_EQ(seen.failure, refused ? FailureCode::kConnectionRefused : FailureCode::kNone);
    ASSERT_EQ(seen.attempts, 1);
  }
  EXPECT_EQ(count(summary, Verdict::kDown), 600U);
  EXPECT_EQ(summary.retries, 0U);
}

TEST_F(FleetTest, ANameThatIsNotFoundIsReportedAtOnce) {
  for (int i = 0; i < 500; ++i) add({engine::IpAddress::parse("127.0.0.1").value(), 1});
  for (MonitorSpec& spec : specs_) spec.host = "nowhere.example.test";
  EXPECT_EQ(count(sweep(), Verdict::kDown), 500U);
  EXPECT_EQ(sink_.by_monitor.at(3).failure, FailureCode::kDnsNotFound);
}

TEST_F(FleetTest, TriesAgainUntilItSucceedsOrTheRetriesAreSpent) {
  const PongServer server;
  std::uint64_t retries = 0;
  for (int i = 0; i < 600; ++i) {
    const int refusals = i % 6;
    MonitorSpec& spec = add_ping(server, refusals);
    spec.policy.max_retries = 3;
    spec.policy.retry_delay_ms = i % 3;
    retries += static_cast<std::uint64_t>(std::min(refusals, 3));
  }
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.reports, 600U);
  EXPECT_EQ(summary.retries, retries);
  for (const auto& [monitor, seen] : sink_.by_monitor) {
    const int refusals = static_cast<int>(monitor % 6);
    ASSERT_EQ(seen.verdict, refusals <= 3 ? Verdict::kUp : Verdict::kDown) << monitor;
    ASSERT_EQ(seen.attempts, std::min(refusals, 3) + 1) << monitor;
    if (refusals > 3) {
      EXPECT_EQ(seen.failure, FailureCode::kResponseMismatch);
    }
  }
}

// More retries at a time than the command ring has room for.
TEST_F(FleetTest, ManyRetriesAtOnce) {
  const RefusingPort refusing;
  for (int i = 0; i < 4000; ++i) {
    MonitorSpec& spec = add(refusing.endpoint());
    spec.policy.max_retries = 2;
    spec.policy.retry_delay_ms = 0;
  }
  options_.shards = 1;
  options_.shard.slots = 1000;
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.reports, 4000U);
  EXPECT_EQ(summary.retries, 8000U);
  EXPECT_EQ(sink_.by_monitor.at(0).attempts, 3);
}

TEST_F(FleetTest, WorksWithOneSlot) {
  const PongServer server;
  const RefusingPort refusing;
  for (int i = 0; i < 50; ++i) {
    MonitorSpec& spec = i % 2 == 0 ? add_ping(server, 1) : add(refusing.endpoint());
    spec.policy.max_retries = 1;
    spec.policy.retry_delay_ms = 1;
  }
  options_.shards = 1;
  options_.shard.slots = 1;
  const SweepSummary summary = sweep();
  EXPECT_EQ(count(summary, Verdict::kUp), 25U);
  EXPECT_EQ(summary.retries, 50U);
}

TEST_F(FleetTest, ADrainStartsNothingMoreAndLosesNothing) {
  const PongServer server;
  for (int i = 0; i < 6000; ++i) add_ping(server);
  make_fleet();
  sink_.on_report = [this](const engine::Report&) { fleet_->drain(); };
  const SweepSummary summary = sweep();
  EXPECT_GE(summary.reports, 1U);
  EXPECT_LT(summary.reports, 6000U);
  EXPECT_EQ(count(summary, Verdict::kUp), summary.reports);  // what was in flight went on
}

TEST_F(FleetTest, ADrainWaitsForNoRetryDelay) {
  const PongServer server;
  const RefusingPort refusing;
  constexpr std::uint32_t kEach = 200;
  for (std::uint32_t i = 0; i < kEach; ++i) {
    MonitorSpec& spec = add(refusing.endpoint());
    spec.policy.max_retries = 10;
    spec.policy.retry_delay_ms = 300'000;
    add_ping(server);
  }
  make_fleet();
  sink_.on_report = [this](const engine::Report&) {
    if (sink_.total == kEach) fleet_->drain();  // only those that wait for a retry are left
  };
  const SweepSummary summary = sweep();
  EXPECT_EQ(summary.reports, 2 * kEach);
  EXPECT_EQ(count(summary, Verdict::kDown), kEach);
  EXPECT_LE(sink_.by_monitor.at(0).attempts, 2);
}

TEST_F(FleetTest, ADrainBeforeTheStartIsKept) {
  const PongServer server;
  for (int i = 0; i < 2000; ++i) add_ping(server);
  make_fleet();
  fleet_->drain();
  EXPECT_EQ(sweep().reports, 0U);
  EXPECT_EQ(server.accepted(), 0U);
}

TEST_F(FleetTest, AnAbortEndsWhatHangs) {
  const PongServer server;
  Listener silent(0);
  silent.fill_backlog();
  const Listener mute;  // connects, and never says a word
  for (int i = 0; i < 60; ++i) {
    add(silent.endpoint());
    MonitorSpec& spec = add(mute.endpoint());
    spec.policy.exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
    spec.policy.exchange.substring = "never";
  }
  add_ping(server);
  make_fleet();
  sink_.on_report = [this](const engine::Report&) { fleet_->abort(); };
  const SweepSummary summary = sweep();
  EXPECT_GE(count(summary, Verdict::kUp), 1U);
  for (const auto& [monitor, seen] : sink_.by_monitor) {
    if (monitor == 120) continue;
    EXPECT_EQ(seen.verdict, Verdict::kUnknown) << monitor;
    EXPECT_EQ(seen.failure, FailureCode::kLocalShutdown) << monitor;
  }
}

TEST_F(FleetTest, AnAbortEndsWhatWaitsForARetry) {
  const PongServer server;
  Listener silent(0);
  silent.fill_backlog();
  for (int i = 0; i < 40; ++i) {
    MonitorSpec& spec = add(silent.endpoint());
    spec.policy.timeout_ms = 5;
    spec.policy.max_retries = 10;
    spec.policy.retry_delay_ms = 300'000;
  }
  MonitorSpec& last = add_ping(server, 1);  // reports once the others have failed, most likely
  last.policy.max_retries = 1;
  last.policy.retry_delay_ms = 50;
  make_fleet();
  sink_.on_report = [this](const engine::Report&) { fleet_->abort(); };
  const SweepSummary summary = sweep();
  EXPECT_EQ(count(summary, Verdict::kUp), 1U);
}

TEST_F(FleetTest, ASlowSinkHoldsTheStartsBackAndLosesNothing) {
  const PongServer server;
  constexpr std::uint32_t kMonitors = 9000;
  for (std::uint32_t i = 0; i < kMonitors; ++i) add(server.endpoint());
  options_.shards = 1;
  options_.shard.slots = 64;
  const std::uint64_t most = limits::kOutcomeRingSize + limits::kEvaluatorBatch +
                             options_.shard.slots + limits::kStartsPerTick;
  ASSERT_LT(most, kMonitors);
  std::uint64_t begun = 0;
  sink_.on_report = [&](const engine::Report&) {
    if (sink_.total > 1) return;
    // Long enough for all to start, were nothing to hold them back.
    for (int i = 0; i < 100 && server.accepted() < kMonitors; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    begun = server.accepted();
  };
  EXPECT_EQ(count(sweep(), Verdict::kUp), kMonitors);
  EXPECT_GE(begun, 1U);
  EXPECT_LE(begun, most);
}

// A sink whose reader is gone: the sweep ends early, and what it began is reported.
class BrokenSink final : public ReportSink {
 public:
  void write(std::span<const engine::Report> reports) override { written += reports.size(); }
  bool broken() const override { return written > 0; }
  tl::expected<void, std::string> finish() override { return {}; }
  std::uint64_t written = 0;
};

TEST_F(FleetTest, ABrokenSinkEndsTheSweep) {
  const PongServer server;
  const RefusingPort refusing;
  add_ping(server);
  for (int i = 0; i < 20; ++i) {
    MonitorSpec& spec = add(refusing.endpoint());
    spec.policy.max_retries = 10;
    spec.policy.retry_delay_ms = 300'000;
  }
  BrokenSink sink;
  Fleet fleet(options_, make_configuration(), sink);
  const auto summary = fleet.run();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->reports, sink.written);
  EXPECT_GE(summary->reports, 1U);
}

TEST_F(FleetTest, AShardThatCannotStartIsAnErrorOfAll) {
  const PongServer server;
  for (int i = 0; i < 100; ++i) add_ping(server);
  std::atomic<int> made{0};
  options_.shards = 3;
  options_.parts.ring =
      [&made](std::uint32_t slots) -> tl::expected<std::unique_ptr<engine::Ring>, std::string> {
    if (++made == 2) return tl::unexpected(std::string("no ring for you"));
    return engine::create_uring_ring(slots);
  };
  make_fleet();
  const auto summary = fleet_->run();
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error(), HasSubstr("no ring for you"));
  EXPECT_EQ(sink_.total, 0U);
  EXPECT_EQ(server.accepted(), 0U);
}

TEST_F(FleetTest, SelectsByLocation) {
  for (int i = 0; i < 4; ++i) add({engine::IpAddress::parse("127.0.0.1").value(), 1});
  specs_[1].policy.locations = {"mars", "local"};
  specs_[2].policy.locations = {"mars"};
  specs_[3].enabled = false;
  const engine::MonitorSet monitors = make_monitors();
  EXPECT_EQ(monitors_for(monitors, "local"), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(monitors_for(monitors, "mars"), (std::vector<std::uint32_t>{0, 1, 2}));
}

}  // namespace
}  // namespace tracer::sched
