// A shard and an evaluator in virtual time: what starts when, what waits, and that nothing is lost.

#include "sched/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/resolver.h"
#include "sched/evaluator.h"
#include "sched/limits.h"
#include "tests/unit/sched/virtual_ring.h"

namespace tracer::sched {
namespace {

using engine::FailureCode;
using engine::Verdict;
using testing::Fate;
using testing::VirtualClock;
using testing::VirtualRing;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;
constexpr std::int64_t kNever = 1'000'000 * kSecond;

engine::IpAddress address(const std::string& text) {
  return engine::IpAddress::parse(text).value();
}

class Collector final : public ReportSink {
 public:
  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) {
      ++total;
      ++by_monitor[report.outcome.monitor];
      ++by_failure[report.failure];
      skipped += report.outcome.skipped;
      checks.insert({report.outcome.monitor, report.outcome.scheduled_unix_ms});
    }
  }
  tl::expected<void, std::string> finish() override { return {}; }

  std::uint64_t total = 0;
  std::uint64_t skipped = 0;
  std::map<std::uint32_t, std::uint64_t> by_monitor;
  std::map<FailureCode, std::uint64_t> by_failure;
  std::set<std::pair<std::uint32_t, std::int64_t>> checks;
};

class ShardTest : public ::testing::Test {
 protected:
  ShardTest() { options_.repetition = Repetition::kForEver; }

  // Each has a port of its own.
  engine::MonitorSpec& add(const std::string& host, std::int64_t interval_ms = 60'000) {
    engine::MonitorSpec spec;
    spec.host = host;
    spec.port = static_cast<std::uint16_t>(1000 + specs_.size());
    spec.policy.interval_ms = interval_ms;
    spec.policy.timeout_ms = 1000;
    specs_.push_back(spec);
    return specs_.back();
  }

  void start() {
    engine::MonitorSetBuilder builder;
    for (const auto& spec : specs_) EXPECT_TRUE(builder.add(spec));
    const ConfigurationRef configuration = Configuration::load(std::move(builder).build()).value();
    ShardParts parts;
    parts.clock = &clock_;
    parts.ring = [this](std::uint32_t slots) {
      return tl::expected<std::unique_ptr<engine::Ring>, std::string>(
          std::make_unique<VirtualRing>(slots, clock_, traffic_));
    };
    parts.resolver = [](engine::Ring& ring) -> decltype(parts.resolver(ring)) {
      return engine::Resolver::create({.servers = {"127.0.0.1:1"}}, ring);  // asked for nothing
    };
    std::vector<std::uint32_t> share(specs_.size());
    for (std::uint32_t i = 0; i < share.size(); ++i) share[i] = i;
    shards_.push_back(std::make_unique<Shard>(options_, parts, configuration, share, wakeup_));
    evaluator_ = std::make_unique<Evaluator>(configuration, shards_, sink_, wakeup_, clock_);
    ASSERT_TRUE(shard().prepare());
    shard().begin();
  }
  Shard& shard() { return *shards_.front(); }

  void run_for(std::int64_t duration_ns, bool evaluate = true) {
    traffic_.horizon_ns = clock_.now_ns + duration_ns;
    while (clock_.now_ns < traffic_.horizon_ns) {
      shard().step();
      if (evaluate) evaluator_->step();
    }
  }
  // Until every check that began is reported.
  void run_out() {
    traffic_.horizon_ns = clock_.now_ns + kNever;
    for (int steps = 0; !evaluator_->over(); ++steps) {
      ASSERT_LT(steps, 1'000'000) << "some check was lost";
      shard().step();
      evaluator_->step();
    }
    shard().stop();
    for (int steps = 0; shard().step(); ++steps) ASSERT_LT(steps, 1'000);
    EXPECT_EQ(sink_.total, shard().checks_started());
    EXPECT_EQ(sink_.checks.size(), sink_.total) << "some check was reported twice";
    EXPECT_EQ(sink_.skipped, shard().checks_skipped());
    EXPECT_EQ(traffic_.overlaps, 0U);
  }
  void drain() {
    evaluator_->drain();
    shard().drain();
  }
  void bounds_are_kept() {
    for (const auto& [target, most] : traffic_.most_open) {
      EXPECT_LE(most, options_.per_address.in_flight) << target.to_string();
    }
  }

  VirtualClock clock_;
  VirtualRing::Traffic traffic_;
  ShardOptions options_;
  std::vector<engine::MonitorSpec> specs_;
  Wakeup wakeup_;
  Collector sink_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Evaluator> evaluator_;
};

TEST_F(ShardTest, KeepsTheBoundOfEachAddress) {
  for (int i = 0; i < 250; ++i) add(i % 5 == 0 ? "127.0.0.2" : "127.0.0.1");
  options_.repetition = Repetition::kOnce;
  options_.slots = 64;
  options_.per_address.in_flight = 5;
  start();
  run_out();
  EXPECT_EQ(sink_.by_monitor.size(), 250U);
  EXPECT_EQ(sink_.by_failure[FailureCode::kNone], 250U);
  EXPECT_EQ(traffic_.most_open[address("127.0.0.1")], 5U);
  EXPECT_EQ(traffic_.most_open[address("127.0.0.2")], 5U);
}

TEST_F(ShardTest, WhatWaitsForABusyAddressKeepsNobodyElseBack) {
  for (int i = 0; i < 100; ++i) add("127.0.0.1");
  for (int i = 0; i < 20; ++i) add("127.0.0.2");
  traffic_.fate = [](const engine::Endpoint& target) {
    return Fate{target.address == address("127.0.0.1") ? kNever : kMs};
  };
  options_.repetition = Repetition::kOnce;
  options_.slots = 4;
  options_.per_address.in_flight = 2;
  start();
  run_for(900 * kMs);
  EXPECT_EQ(sink_.by_failure[FailureCode::kNone], 20U);
  EXPECT_EQ(sink_.total, 20U);
  run_out();
  EXPECT_EQ(sink_.by_failure[FailureCode::kConnectionTimeout], 100U);
  bounds_are_kept();
}

TEST_F(ShardTest, KeepsTheRateOfAnAddress) {
  for (int i = 0; i < 50; ++i) add("127.0.0.1");
  options_.repetition = Repetition::kOnce;
  options_.per_address.start_interval_ns = 200 * kMs;
  start();
  run_out();
  std::vector<std::int64_t> starts;
  for (const auto& [target, at_ns] : traffic_.connects_ns) starts.push_back(at_ns.front());
  std::ranges::sort(starts);
  for (std::size_t i = 2; i < starts.size(); ++i) EXPECT_GE(starts[i] - starts[i - 1], 200 * kMs);
  Histogram::Counts lateness{};
  shard().lateness().add_to(lateness);
  EXPECT_EQ(std::accumulate(lateness.begin(), lateness.end(), std::uint64_t{0}), 50U);
  EXPECT_GE(Histogram::quantile_ns(lateness, 1), 49 * 200 * kMs - 50 * kMs);
}

// What is told to wait takes no part of the global rate: the others have all of it.
TEST_F(ShardTest, WhatWaitsCostsNothingOfTheRate) {
  for (int i = 0; i < 500; ++i) add("127.0.0.1");
  for (int i = 0; i < 200; ++i) add("127.0.1." + std::to_string(i));
  traffic_.fate = [](const engine::Endpoint& target) {
    return Fate{target.address == address("127.0.0.1") ? kNever : kMs};
  };
  options_.repetition = Repetition::kOnce;
  options_.starts_per_second = 1000;
  options_.per_address.in_flight = 1;
  start();
  run_for(220 * kMs);
  EXPECT_EQ(sink_.by_failure[FailureCode::kNone], 200U);
}

TEST_F(ShardTest, CountsWhatABoundMakesItSkip) {
  for (int i = 0; i < 10; ++i) add("127.0.0.1", 1000);
  traffic_.fate = [](const engine::Endpoint&) { return Fate{500 * kMs}; };
  options_.per_address.in_flight = 1;
  start();
  run_for(60 * kSecond);
  const Restraints restraints = shard().restraints();
  EXPECT_NEAR(static_cast<double>(shard().checks_started() + restraints.skipped), 600, 30);
  EXPECT_NEAR(static_cast<double>(sink_.total), 120, 2);
  EXPECT_GT(restraints.skipped_at_addresses, restraints.skipped / 2);
  for (const auto& [monitor, reports] : sink_.by_monitor) EXPECT_NEAR(reports, 12, 2);
  drain();
  run_out();
  bounds_are_kept();
}

TEST_F(ShardTest, ADrainEndsWhatWaitsForItsAddress) {
  for (int i = 0; i < 300; ++i) add("127.0.0.1");
  options_.repetition = Repetition::kOnce;
  options_.per_address.in_flight = 1;
  for (const bool abort : {false, true}) {
    shards_.clear();
    sink_ = {};
    traffic_ = {};
    traffic_.fate = [](const engine::Endpoint&) { return Fate{500 * kMs}; };
    start();
    run_for(1200 * kMs);
    abort ? shard().abort() : drain();
    run_out();
    EXPECT_EQ(sink_.total, 300U);
    EXPECT_EQ(sink_.by_failure[FailureCode::kNone], abort ? 2U : 3U);
    EXPECT_EQ(sink_.by_failure[FailureCode::kLocalShutdown], abort ? 298U : 297U);
    EXPECT_EQ(traffic_.connects, 3U);
  }
}

TEST_F(ShardTest, ARetryThatWaitsForItsAddressGivesWayToTheNextCheck) {
  engine::MonitorSpec& refused = add("127.0.0.1", 2000);
  refused.policy.max_retries = 2;
  refused.policy.retry_delay_ms = 900;  // one is due for most of the time
  add("127.0.0.1", 20'000).policy.timeout_ms = 10'000;
  traffic_.fate = [](const engine::Endpoint& target) {
    return target.port == 1000 ? Fate{kMs, -ECONNREFUSED} : Fate{kNever};
  };
  options_.per_address.in_flight = 1;
  start();
  run_for(100 * kSecond);
  drain();
  run_out();
  EXPECT_GE(evaluator_->summary().retries_cut, 1U);
  EXPECT_GE(sink_.by_failure[FailureCode::kConnectionTimeout], 4U);
  EXPECT_GE(sink_.by_monitor[0], 20U);
  bounds_are_kept();
}

// Everything at once: retries, timeouts, refusals, few slots, and bounds of every kind.
TEST_F(ShardTest, RandomRunsLoseNothing) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::uint32_t bound) { return random() % bound; };
    specs_.clear();
    shards_.clear();
    sink_ = {};
    traffic_ = {};
    for (int i = 0; i < 150; ++i) {
      auto& policy = add("127.0.0." + std::to_string(1 + below(5)), 1000 + below(3000)).policy;
      policy.max_retries = below(3);
      policy.retry_delay_ms = below(1500);
      policy.timeout_ms = 50 + below(2000);
    }
    traffic_.fate = [below](const engine::Endpoint&) {
      return Fate{below(9) == 0 ? kNever : static_cast<std::int64_t>(below(200)) * kMs,
                  below(3) == 0 ? -ECONNREFUSED : 0};
    };
    options_.slots = 4 + below(60);
    options_.starts_per_second = below(2) * 200;
    options_.per_address.in_flight = 1 + below(8);
    options_.per_address.start_interval_ns = below(2) * 10 * kMs;
    start();
    run_for(60 * kSecond);
    EXPECT_GT(sink_.total, 100U);
    below(2) == 0 ? drain() : shard().abort();
    run_out();
    bounds_are_kept();
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

// The evaluator has not yet heard of the second check when it asks for a retry of the first.
TEST_F(ShardTest, ACheckThatIsAbortedIsNotTakenForARetryOfTheOneBefore) {
  add("127.0.0.1", 1000).policy.max_retries = 1;
  traffic_.fate = [this](const engine::Endpoint&) {
    return traffic_.connects == 1 ? Fate{kMs, -ECONNREFUSED} : Fate{kNever};
  };
  start();
  run_for(2100 * kMs, false);
  ASSERT_EQ(shard().checks_started(), 2U);
  shard().abort();
  shard().step();
  shard().step();
  run_out();
  EXPECT_EQ(sink_.by_failure[FailureCode::kConnectionRefused], 1U);
  EXPECT_EQ(sink_.by_failure[FailureCode::kLocalShutdown], 1U);
}

TEST_F(ShardTest, AFullOutcomeRingStopsTheStartsAndLosesNothing) {
  for (int i = 0; i < 2000; ++i) {
    auto& policy = add("127.0.0.1", 1000).policy;
    policy.max_retries = 1;
    policy.retry_delay_ms = 0;
  }
  traffic_.fate = [](const engine::Endpoint& target) {
    return Fate{kMs, target.port % 2 == 0 ? -ECONNREFUSED : 0};
  };
  options_.slots = 100;
  start();
  run_for(20 * kSecond, false);
  const std::uint64_t most = limits::kOutcomeRingSize + options_.slots + limits::kStartsPerTick;
  EXPECT_GE(traffic_.connects, limits::kOutcomeRingSize);
  EXPECT_LE(traffic_.connects, most);
  const auto held = shard().restraints().held_ns;
  EXPECT_GT(held[static_cast<std::size_t>(Restraint::kReader)],
            static_cast<std::uint64_t>(15 * kSecond));
  // Now a thread that asks for more retries at once than the command ring takes.
  std::atomic<bool> taken_all{false};
  std::thread evaluating([&] {
    std::size_t taken = 0;
    while (taken < limits::kOutcomeRingSize) taken += evaluator_->step();
    taken_all = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that it is full, most likely
  while (!taken_all) shard().step();
  evaluating.join();
  EXPECT_GT(evaluator_->summary().retries, limits::kCommandRingSize);
  run_for(5 * kSecond);
  EXPECT_GT(shard().checks_skipped(), 2000U * 15);
  drain();
  run_out();
}

}  // namespace
}  // namespace tracer::sched
