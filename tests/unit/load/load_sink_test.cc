// A load from its plan to its percentiles, in virtual time: a real shard and evaluator against a
// network that does what a test says.

#include "tools/tracer/load/load_sink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/resolver.h"
#include "sched/evaluator.h"
#include "tests/unit/sched/virtual_ring.h"
#include "tests/unit/sinks/captured_output.h"
#include "tools/tracer/load/load_options.h"

namespace tracer::cli {
namespace {

using sched::testing::Fate;
using sched::testing::VirtualClock;
using sched::testing::VirtualRing;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

class LoadRun : public ::testing::Test {
 protected:
  // Of the connects asked for `after_ns` from the beginning.
  void serve(std::function<Fate(std::int64_t after_ns)> fate) {
    traffic_.fate = [this, fate](const engine::Endpoint&) {
      return fate(clock_.now_ns - origin_ns_);
    };
  }

  void prepare(bool terminal = false) {
    engine::MonitorSpec spec;
    spec.host = "127.0.0.1";
    spec.port = 7;
    spec.policy.timeout_ms = 5000;
    engine::MonitorSetBuilder builder;
    EXPECT_TRUE(builder.add(spec));
    const auto configuration = sched::Configuration::load(std::move(builder).build()).value();
    sched::ShardParts parts;
    parts.clock = &clock_;
    parts.ring = [this](std::uint32_t slots) {
      return tl::expected<std::unique_ptr<engine::Ring>, std::string>(
          std::make_unique<VirtualRing>(slots, clock_, traffic_));
    };
    parts.resolver = [](engine::Ring& ring) -> decltype(parts.resolver(ring)) {
      return engine::Resolver::create({.servers = {"127.0.0.1:1"}}, ring);  // asked for nothing
    };
    sched::ShardOptions options;
    options.load = load_.plan();
    options.slots = load_.in_flight;
    sink_ = std::make_unique<LoadSink>(
        LoadView{output_.descriptor(), terminal, Presentation{.unicode = false}}, load_.open_loop(),
        clock_);
    shards_.push_back(std::make_unique<sched::Shard>(options, parts, configuration,
                                                     std::vector<std::uint32_t>{0}, wakeup_));
    evaluator_ =
        std::make_unique<sched::Evaluator>(configuration, shards_, *sink_, wakeup_, clock_);
    ASSERT_TRUE(shards_.front()->prepare());
    origin_ns_ = clock_.now_ns;
    shards_.front()->begin();
  }

  void run(std::int64_t until_ns = INT64_MAX / 2) {
    traffic_.horizon_ns = origin_ns_ + until_ns;
    for (int steps = 0; !evaluator_->over() && clock_.now_ns < traffic_.horizon_ns; ++steps) {
      ASSERT_LT(steps, 1'000'000) << "some connection was lost";
      shards_.front()->step();
      evaluator_->step();
    }
  }

  const LoadTally& tally() const { return sink_->tally(); }
  std::int64_t quantile_ns(Span span, double share) const {
    return tally().of(span).quantiles_ns({share}).front();
  }

  VirtualClock clock_;
  VirtualRing::Traffic traffic_;
  CapturedOutput output_;
  LoadOptions load_;
  std::int64_t origin_ns_ = 0;
  sched::Wakeup wakeup_;
  std::unique_ptr<LoadSink> sink_;
  std::vector<std::unique_ptr<sched::Shard>> shards_;
  std::unique_ptr<sched::Evaluator> evaluator_;
};

// A server that answers within a millisecond, but for one second of ten in which it answers nobody.
// One in ten comes to it then, and those who come wait half a second, more or less. Of those that
// it sees, only as many wait as there may be in flight: one in a hundred.
TEST_F(LoadRun, AStallShowsInTheLatencyFromTheSchedule) {
  serve([](std::int64_t after_ns) {
    const bool stalled = after_ns >= 4 * kSecond && after_ns < 5 * kSecond;
    return Fate{stalled ? 5 * kSecond - after_ns : kMs};
  });
  load_.rate = 1000;
  load_.in_flight = 50;
  load_.duration_ns = 10 * kSecond;
  prepare();
  run();
  EXPECT_EQ(tally().made(), 10'000U);
  EXPECT_EQ(tally().succeeded(), 10'000U);
  EXPECT_EQ(shards_.front()->checks_skipped(), 0U);
  EXPECT_NEAR(tally().rate(), 1000, 1);

  EXPECT_LT(quantile_ns(Span::kTotal, 0.99), 3 * kMs) << "what a closed loop would have told";
  EXPECT_LT(quantile_ns(Span::kLatency, 0.89), 50 * kMs);
  EXPECT_NEAR(static_cast<double>(quantile_ns(Span::kLatency, 0.95)), 500e6, 50e6);
  EXPECT_NEAR(static_cast<double>(quantile_ns(Span::kLatency, 0.99)), 900e6, 50e6);
  EXPECT_NEAR(static_cast<double>(tally().of(Span::kLatency).max_ns()), 1000e6, 10e6);
}

TEST_F(LoadRun, AClosedLoopDoesNotSeeTheSameStall) {
  serve([](std::int64_t after_ns) {
    const bool stalled = after_ns >= 4 * kSecond && after_ns < 5 * kSecond;
    return Fate{stalled ? 5 * kSecond - after_ns : kMs};
  });
  load_.in_flight = 50;
  load_.duration_ns = 10 * kSecond;
  prepare();
  run();
  EXPECT_GT(tally().made(), 100'000U);
  EXPECT_LT(quantile_ns(Span::kTotal, 0.999), 3 * kMs);
  EXPECT_EQ(quantile_ns(Span::kLatency, 1), quantile_ns(Span::kTotal, 1));
}

TEST_F(LoadRun, WhatAnOverloadedServerNeverSawIsMissed) {
  serve([](std::int64_t) { return Fate{kSecond}; });
  load_.rate = 1000;
  load_.in_flight = 10;
  load_.duration_ns = 10 * kSecond;
  prepare();
  run();
  EXPECT_LE(tally().made(), 120U);
  EXPECT_EQ(tally().made() + shards_.front()->checks_skipped(), 10'000U);
  EXPECT_GT(shards_.front()->restraints().held_ns[0], 9U * kSecond) << "for want of slots";
}

TEST_F(LoadRun, NeverMoreInFlightThanAskedFor) {
  serve([](std::int64_t) { return Fate{10 * kMs}; });
  load_.in_flight = 7;
  load_.count = 1000;
  prepare();
  run();
  EXPECT_EQ(tally().made(), 1000U);
  EXPECT_EQ(traffic_.most_open.begin()->second, 7U);
  EXPECT_NEAR(tally().rate(), 700, 10);
}

TEST_F(LoadRun, TheWarmUpIsMadeAndNotMeasured) {
  serve([](std::int64_t after_ns) { return Fate{after_ns < kSecond ? 500 * kMs : kMs}; });
  load_.rate = 100;
  load_.warm_up_ns = kSecond;
  load_.count = 200;
  prepare();
  run();
  EXPECT_EQ(traffic_.connects, 300U);
  EXPECT_EQ(tally().warm_up(), 100U);
  EXPECT_EQ(tally().made(), 200U);
  EXPECT_LT(tally().of(Span::kTotal).max_ns(), 3 * kMs);
  EXPECT_NEAR(tally().rate(), 100, 1);
}

TEST_F(LoadRun, FailuresAreNamedAndKeepTheirTimesOutOfThePercentiles) {
  serve([this](std::int64_t) {
    return traffic_.connects % 10 == 0 ? Fate{50 * kMs, -ECONNREFUSED} : Fate{kMs};
  });
  load_.count = 1000;
  prepare();
  run();
  EXPECT_EQ(tally().succeeded(), 900U);
  EXPECT_EQ(tally().failed(), 100U);
  const std::vector<LoadFailure> failures = tally().failures();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].code, engine::FailureCode::kConnectionRefused);
  EXPECT_EQ(failures[0].count, 100U);
  EXPECT_EQ(failures[0].phase, "connect");
  EXPECT_EQ(failures[0].address.to_string(), "127.0.0.1");
  EXPECT_LT(tally().of(Span::kTotal).max_ns(), 3 * kMs);
}

TEST_F(LoadRun, AnInterruptEndsItWithWhatThereIs) {
  serve([](std::int64_t) { return Fate{100 * kMs}; });
  load_.rate = 100;
  prepare();
  run(2 * kSecond + 5 * kMs);
  evaluator_->drain();
  shards_.front()->drain();
  run();
  EXPECT_EQ(tally().made(), 201U);
  EXPECT_EQ(tally().succeeded(), 201U);
  EXPECT_EQ(shards_.front()->checks_skipped(), 0U);
}

TEST_F(LoadRun, ALineASecondTellsHowItGoes) {
  serve([](std::int64_t) { return Fate{kMs}; });
  load_.rate = 100;
  load_.duration_ns = 3 * kSecond + 500 * kMs;
  prepare();
  run();
  const std::string text = output_.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_NE(text.find("/s  "), text.npos) << text;
  EXPECT_NE(text.find(" made  0 in flight  p50 1.0"), text.npos) << text;
}

TEST_F(LoadRun, OnATerminalTheLineIsWrittenOverAndClearedInTheEnd) {
  serve([](std::int64_t) { return Fate{kMs}; });
  load_.rate = 10;
  load_.duration_ns = 2 * kSecond;
  prepare(true);
  run();
  EXPECT_TRUE(sink_->finish());
  const std::string text = output_.text();
  EXPECT_EQ(text.find('\n'), text.npos) << text;
  EXPECT_EQ(text.rfind("\r\x1b[K"), text.size() - 4) << text;
}

}  // namespace
}  // namespace tracer::cli
