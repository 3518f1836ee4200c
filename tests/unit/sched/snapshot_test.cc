// What a fleet tells of itself, to whoever asks and whenever.
#include "sched/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <string>
#include <thread>

#include "engine/clock.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tests/unit/sched/pong_server.h"

namespace tracer::sched {
namespace {

using engine::FailureCode;
using engine::Verdict;

// Knows no name, and says that it has been asked.
class Counting final : public engine::NameResolver {
 public:
  std::optional<engine::Answer> resolve(std::string_view host, engine::IpFamily family,
                                        std::uint32_t, std::int64_t) override {
    const auto literal = engine::IpAddress::parse(host);
    if (!literal) {
      ++statistics_.misses;
      return engine::Answer{FailureCode::kDnsNotFound, nullptr, "no names here"};
    }
    (void)family;
    auto list = std::make_shared<engine::AddressList>();
    list->addresses = {*literal};
    return engine::Answer{FailureCode::kNone, list, {}};
  }
  engine::Answer give_up(std::uint32_t, std::int64_t) override { return {}; }
  void forget(std::uint32_t) override {}
  void on_completion(const engine::Completion&, std::int64_t) override {}
  std::int64_t next_deadline_ns() const override { return INT64_MAX; }
  void expire(std::int64_t) override {}
  std::span<const std::pair<std::uint32_t, engine::Answer>> take_answers() override { return {}; }
  engine::NameStatistics statistics() const override { return statistics_; }

 private:
  engine::NameStatistics statistics_;
};

class Discard final : public ReportSink {
 public:
  void write(std::span<const engine::Report>) override {}
  tl::expected<void, std::string> finish() override { return {}; }
};

class SnapshotTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kEach = 400;

  SnapshotTest() {
    engine::MonitorSetBuilder builder;
    for (std::uint64_t i = 0; i < 3 * kEach; ++i) {
      engine::MonitorSpec spec;
      spec.name = "monitor " + std::to_string(i);
      const engine::Endpoint target = i % 3 == 0 ? server_.endpoint() : refusing_.endpoint();
      spec.host = i % 3 == 2 ? "nowhere.example.test" : target.address.to_string();
      spec.port = target.port;
      spec.policy.timeout_ms = 120'000;
      spec.policy.max_retries = i % 3 == 1 ? 1 : 0;
      spec.policy.retry_delay_ms = 0;
      EXPECT_TRUE(builder.add(spec));
    }
    ConfigurationRef configuration = Configuration::load(std::move(builder).build()).value();
    FleetOptions options;
    options.shards = 2;
    options.shard.slots = 16;
    options.parts.clock = &clock_;
    options.parts.ring = [](std::uint32_t slots) { return engine::create_uring_ring(slots); };
    options.parts.resolver = [](engine::Ring&) {
      return tl::expected<std::unique_ptr<engine::NameResolver>, std::string>(
          std::make_unique<Counting>());
    };
    fleet_ = std::make_unique<Fleet>(options, std::move(configuration), sink_);
  }

  const engine::SystemClock clock_;
  const testing::PongServer server_;
  const engine::testing::RefusingPort refusing_;
  Discard sink_;
  std::unique_ptr<Fleet> fleet_;
};

TEST_F(SnapshotTest, IsEmptyBeforeTheRun) {
  const Snapshot snapshot = fleet_->snapshot();
  EXPECT_EQ(snapshot.uptime_ns, 0);
  EXPECT_EQ(snapshot.shard_count, 0U);
  EXPECT_EQ(snapshot.begun, 0U);
}

TEST_F(SnapshotTest, TellsAllOfARunThatIsOver) {
  ASSERT_TRUE(fleet_->run());
  const Snapshot snapshot = fleet_->snapshot();
  EXPECT_GT(snapshot.uptime_ns, 0);
  EXPECT_EQ(snapshot.shard_count, 2U);
  EXPECT_EQ(snapshot.slots, 32U);
  EXPECT_EQ(snapshot.begun, 3 * kEach);
  EXPECT_EQ(snapshot.outcomes, 0U);
  EXPECT_EQ(snapshot.shards.monitors, 3 * kEach);
  EXPECT_EQ(snapshot.shards.due, 0U);
  EXPECT_EQ(snapshot.shards.names.misses, kEach);
  EXPECT_EQ(std::accumulate(snapshot.lateness.begin(), snapshot.lateness.end(), std::uint64_t{0}),
            3 * kEach);
  const SweepSummary& all = snapshot.evaluated;
  EXPECT_EQ(all.reports, 3 * kEach);
  EXPECT_EQ(all.by_verdict[static_cast<std::size_t>(Verdict::kUp)], kEach);
  EXPECT_EQ(all.by_failure[static_cast<std::size_t>(FailureCode::kConnectionRefused)], kEach);
  EXPECT_EQ(all.by_failure[static_cast<std::size_t>(FailureCode::kDnsNotFound)], kEach);
  EXPECT_EQ(all.by_failure[static_cast<std::size_t>(FailureCode::kNone)], 0U);
  EXPECT_EQ(all.retries, kEach);
  EXPECT_EQ(all.retries_waiting, 0U);
}

TEST_F(SnapshotTest, MayBeTakenByAnyThreadMeanwhile) {
  std::atomic<bool> over{false};
  std::thread observer([&] {
    Snapshot earlier;
    bool last = false;
    while (!last) {
      last = over;
      const Snapshot now = fleet_->snapshot();
      ASSERT_GE(now.begun, now.evaluated.reports);
      ASSERT_GE(now.begun, earlier.begun);
      ASSERT_GE(now.evaluated.reports, earlier.evaluated.reports);
      ASSERT_LE(now.shards.in_flight, 32U);
      ASSERT_LE(now.evaluated.retries_waiting, kEach);
      ASSERT_GE(now.uptime_ns, earlier.uptime_ns);
      earlier = now;
    }
    EXPECT_EQ(earlier.evaluated.reports, 3 * kEach);
  });
  EXPECT_TRUE(fleet_->run());
  over = true;
  observer.join();
}

}  // namespace
}  // namespace tracer::sched
