// What sweeps make of the monitors' histories.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tests/unit/sched/pong_server.h"

namespace tracer::sched {
namespace {

using engine::MonitorSpec;
using engine::Verdict;
using engine::testing::Listener;
using engine::testing::RefusingPort;
using testing::PongServer;

class EachReport final : public ReportSink {
 public:
  explicit EachReport(std::function<void(const engine::Report&)> call) : call_(std::move(call)) {}
  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) call_(report);
  }
  tl::expected<void, std::string> finish() override { return {}; }

 private:
  std::function<void(const engine::Report&)> call_;
};

class FleetHistoryTest : public ::testing::Test {
 protected:
  FleetHistoryTest() {
    options_.shard.slots = 64;
    options_.parts.clock = &clock_;
    options_.parts.ring = [](std::uint32_t slots) { return engine::create_uring_ring(slots); };
    options_.parts.resolver =
        [](engine::Ring& ring) -> tl::expected<std::unique_ptr<engine::NameResolver>, std::string> {
      return engine::Resolver::create({}, ring);
    };
  }
  static MonitorSpec monitor(const engine::Endpoint& target) {
    MonitorSpec spec;
    spec.host = target.address.to_string();
    spec.port = target.port;
    spec.policy.timeout_ms = 120'000;
    return spec;
  }
  static MonitorSpec ping(const PongServer& server) {
    MonitorSpec spec = monitor(server.endpoint());
    spec.policy.exchange.send = "PING 0 0\n";
    spec.policy.exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
    spec.policy.exchange.substring = "PONG";
    return spec;
  }
  void make_fleet(std::vector<MonitorSpec> specs, ReportSink& sink) {
    engine::MonitorSetBuilder builder;
    for (MonitorSpec& spec : specs) {
      spec.id = "monitor " + std::to_string(builder.size());
      EXPECT_TRUE(builder.add(spec));
    }
    auto configuration = Configuration::load(std::move(builder).build());
    ASSERT_TRUE(configuration);
    fleet_ = std::make_unique<Fleet>(options_, *configuration, sink);
  }

  const engine::SystemClock clock_;
  FleetOptions options_;
  std::unique_ptr<Fleet> fleet_;
};

TEST_F(FleetHistoryTest, ReportsCarryTheOneThatGoesOnFromAnEarlierRun) {
  const PongServer server;
  const RefusingPort refusing;
  HistoryBook earlier(2);
  for (int i = 0; i < 4; ++i) earlier.observe(1, Verdict::kDown, i);
  int seen = 0;
  EachReport sink([&](const engine::Report& report) {
    engine::History expected = earlier.at(report.outcome.monitor);
    EXPECT_EQ(report.before, expected);
    expected.observe(report.verdict, report.outcome.started_unix_ms);
    EXPECT_EQ(report.after, expected);
    ++seen;
  });
  MonitorSpec down = monitor(refusing.endpoint());
  down.policy.max_retries = 2;
  down.policy.retry_delay_ms = 0;
  make_fleet({ping(server), down}, sink);
  fleet_->restore(earlier);
  ASSERT_TRUE(fleet_->run());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(fleet_->histories().at(0).passed_in_a_row(), 1U);
  EXPECT_EQ(fleet_->histories().at(1).failed_in_a_row(), 5U);  // a check, whatever its attempts
}

TEST_F(FleetHistoryTest, ACheckThatAnAbortBrokeOffIsNotInIt) {
  const PongServer server;
  const Listener mute;  // connects, and never says a word
  MonitorSpec hanging = monitor(mute.endpoint());
  hanging.policy.exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
  hanging.policy.exchange.substring = "never";
  int seen = 0;
  EachReport sink([&](const engine::Report& report) {
    ++seen;
    EXPECT_EQ(report.after.known(), report.verdict == Verdict::kUp);
    fleet_->abort();
  });
  make_fleet({hanging, ping(server)}, sink);
  ASSERT_TRUE(fleet_->run());
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(fleet_->histories().at(0).known());
  EXPECT_TRUE(fleet_->histories().at(1).known());
}

}  // namespace
}  // namespace tracer::sched
