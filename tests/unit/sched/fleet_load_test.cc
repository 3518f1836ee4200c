// A load through real rings, over several shards.

#include <gtest/gtest.h>

#include <memory>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tests/unit/engine/loopback.h"

namespace tracer::sched {
namespace {

class Counter final : public ReportSink {
 public:
  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) {
      up += report.verdict == engine::Verdict::kUp;
      warm_up += report.outcome.warm_up;
    }
  }
  tl::expected<void, std::string> finish() override { return {}; }
  std::uint64_t up = 0;
  std::uint64_t warm_up = 0;
};

class FleetLoad : public ::testing::Test {
 protected:
  void run(const LoadPlan& plan) {
    engine::MonitorSpec spec;
    spec.host = listener_.endpoint().address.to_string();
    spec.port = listener_.endpoint().port;
    spec.policy.timeout_ms = 120'000;
    engine::MonitorSetBuilder builder;
    ASSERT_TRUE(builder.add(spec));
    const engine::SystemClock clock;
    FleetOptions options;
    options.shards = 3;
    options.shard.load = plan;
    options.parts.clock = &clock;
    options.parts.ring = engine::create_uring_ring;
    options.parts.resolver = [](engine::Ring& ring) -> decltype(options.parts.resolver(ring)) {
      return engine::Resolver::create({.servers = {"127.0.0.1:1"}}, ring);  // asked for nothing
    };
    Fleet fleet(options, Configuration::load(std::move(builder).build()).value(), sink_);
    const auto summary = fleet.run();
    ASSERT_TRUE(summary);
    reports_ = summary->reports;
    EXPECT_EQ(fleet.restraints().skipped, 0U);
  }

  engine::testing::Listener listener_;  // whose backlog holds whoever comes
  Counter sink_;
  std::uint64_t reports_ = 0;
};

TEST_F(FleetLoad, TheShardsTogetherMakeTheCount) {
  LoadPlan plan;
  plan.in_flight = 10;
  plan.count = 301;
  run(plan);
  EXPECT_EQ(reports_, 301U);
  EXPECT_EQ(sink_.up, 301U);
}

TEST_F(FleetLoad, TheShardsTogetherKeepTheSchedule) {
  LoadPlan plan;
  plan.rate = 1000;
  plan.in_flight = 1000;
  plan.warm_up_ns = 100'000'000;
  plan.count = 200;
  run(plan);
  EXPECT_EQ(reports_, 300U);
  EXPECT_EQ(sink_.warm_up, 100U);
  EXPECT_EQ(sink_.up, 300U);
}

}  // namespace
}  // namespace tracer::sched
