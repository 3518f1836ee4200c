// Bounds per address, through real rings against a service that counts who is there.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tests/unit/sched/gathering_server.h"

namespace tracer::sched {
namespace {

using testing::GatheringServer;

class Counter final : public ReportSink {
 public:
  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) up += report.verdict == engine::Verdict::kUp;
  }
  tl::expected<void, std::string> finish() override { return {}; }
  std::uint64_t up = 0;
};

// How many of `monitors` of one address are at the server at a time, and that all are up.
std::size_t most_at_once(std::uint32_t monitors, std::uint32_t shards, AddressBounds per_shard) {
  const GatheringServer server;
  engine::MonitorSetBuilder builder;
  for (std::uint32_t i = 0; i < monitors; ++i) {
    engine::MonitorSpec spec;
    spec.name = "monitor " + std::to_string(i);
    spec.host = server.endpoint().address.to_string();
    spec.port = server.endpoint().port;
    spec.policy.timeout_ms = 120'000;
    spec.policy.exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
    spec.policy.exchange.substring = "HELLO";
    EXPECT_TRUE(builder.add(spec));
  }
  const engine::SystemClock clock;
  FleetOptions options;
  options.shards = shards;
  options.shard.slots = 64;
  options.shard.per_address = per_shard;
  options.parts.clock = &clock;
  options.parts.ring = [](std::uint32_t slots) { return engine::create_uring_ring(slots); };
  options.parts.resolver = [](engine::Ring& ring) -> decltype(options.parts.resolver(ring)) {
    return engine::Resolver::create({.servers = {"127.0.0.1:1"}}, ring);  // asked for nothing
  };
  Counter sink;
  Fleet fleet(options, Configuration::load(std::move(builder).build()).value(), sink);
  const auto summary = fleet.run();
  EXPECT_TRUE(summary);
  EXPECT_EQ(sink.up, monitors);
  return server.most_at_once();
}

TEST(FleetPacing, NeverMoreAtAnAddressThanTheBound) {
  EXPECT_LE(most_at_once(100, 1, {.in_flight = 4}), 4U);
  EXPECT_LE(most_at_once(100, 2, {.in_flight = 2}), 4U);
}

TEST(FleetPacing, TheServerWouldSeeMore) { EXPECT_GT(most_at_once(100, 1, {}), 4U); }

}  // namespace
}  // namespace tracer::sched
