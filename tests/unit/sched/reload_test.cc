// Reloads of a run that goes on, through real rings and threads: what is reported belongs to the
// document that holds, and nothing is lost on the way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tests/unit/engine/loopback.h"

namespace tracer::sched {
namespace {

using engine::testing::RefusingPort;

// Keeps what is reported, by the name of the monitor in the set that holds.
class NamesSink final : public ReportSink {
 public:
  explicit NamesSink(const engine::MonitorSet& monitors) : monitors_(&monitors) {}
  void write(std::span<const engine::Report> reports) override {
    const std::lock_guard lock(mutex_);
    for (const engine::Report& report : reports) {
      const engine::Monitor& monitor = monitors_->at(report.outcome.monitor);
      ++counts_[std::string(monitors_->name(monitor))];
      ++total_;
    }
  }
  void monitors_changed(const engine::MonitorSet& monitors) override { monitors_ = &monitors; }
  tl::expected<void, std::string> finish() override { return {}; }

  std::map<std::string, int> counts() {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  std::uint64_t total() {
    const std::lock_guard lock(mutex_);
    return total_;
  }
  // Until each of these has been reported anew.
  void await(const std::vector<std::string>& names) {
    const std::map<std::string, int> before = counts();
    for (const std::string& name : names) {
      const auto found = before.find(name);
      const int seen = found == before.end() ? 0 : found->second;
      while (counts()[name] <= seen) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  const engine::MonitorSet* monitors_;
  std::mutex mutex_;
  std::map<std::string, int> counts_;
  std::uint64_t total_ = 0;
};

class ReloadTest : public ::testing::Test {
 protected:
  ReloadTest() {
    options_.shards = 2;
    options_.shard.slots = 64;
    options_.shard.repetition = Repetition::kForEver;
    options_.parts.clock = &clock_;
    options_.parts.ring = [](std::uint32_t slots) { return engine::create_uring_ring(slots); };
    options_.parts.resolver = [](engine::Ring& ring) { return engine::Resolver::create({}, ring); };
  }

  engine::MonitorSet monitors(const std::vector<std::string>& names,
                              const std::function<void(engine::MonitorSpec&)>& change = {}) const {
    engine::MonitorSetBuilder builder;
    for (const std::string& name : names) {
      engine::MonitorSpec spec;
      spec.name = name;
      spec.id = name;
      spec.host = "127.0.0.1";
      spec.port = refusing_.endpoint().port;
      spec.policy.interval_ms = 10;
      spec.policy.max_retries = 2;
      spec.policy.retry_delay_ms = 1;
      if (change) change(spec);
      EXPECT_TRUE(builder.add(spec));
    }
    return std::move(builder).build();
  }
  void start(engine::MonitorSet set) {
    ConfigurationRef configuration = Configuration::load(std::move(set)).value();
    sink_ = std::make_unique<NamesSink>(configuration->monitors);
    std::promise<void> started;
    options_.on_started = [&started] { started.set_value(); };
    fleet_ = std::make_unique<Fleet>(options_, std::move(configuration), *sink_);
    run_ = std::async(std::launch::async, [this] { return fleet_->run(); });
    started.get_future().wait();
  }
  SweepSummary stop() {
    fleet_->drain();
    const auto summary = run_.get();
    EXPECT_TRUE(summary) << summary.error();
    EXPECT_EQ(summary->reports, sink_->total());
    return summary.value_or(SweepSummary{});
  }

  const engine::SystemClock clock_;
  const RefusingPort refusing_;
  FleetOptions options_;
  std::unique_ptr<NamesSink> sink_;
  std::unique_ptr<Fleet> fleet_;
  std::future<tl::expected<SweepSummary, std::string>> run_;
};

TEST_F(ReloadTest, GoesOverToTheNextDocument) {
  start(monitors({"a", "b", "c"}));
  sink_->await({"a", "b", "c"});
  const auto difference = fleet_->reload(monitors({"b", "c", "d"}));
  ASSERT_TRUE(difference) << difference.error();
  EXPECT_EQ(difference->added, 1U);
  EXPECT_EQ(difference->removed, 1U);
  EXPECT_EQ(difference->changed, 0U);
  EXPECT_EQ(difference->unchanged, 2U);
  sink_->await({"b", "c", "d"});
  const int checked = sink_->counts()["a"];
  sink_->await({"b", "c", "d"});
  sink_->await({"b", "c", "d"});
  EXPECT_EQ(sink_->counts()["a"], checked);
  stop();
}

TEST_F(ReloadTest, WhatHasChangedIsCheckedAsItNowIs) {
  start(monitors({"a", "b"}));
  sink_->await({"a", "b"});
  const auto difference = fleet_->reload(monitors({"a", "b"}, [](engine::MonitorSpec& spec) {
    if (spec.name == "b") spec.labels = {{"changed", "yes"}};
  }));
  ASSERT_TRUE(difference) << difference.error();
  EXPECT_EQ(difference->changed, 1U);
  EXPECT_EQ(difference->unchanged, 1U);
  sink_->await({"a", "b"});
  stop();
}

TEST_F(ReloadTest, WhatCannotBeHadChangesNothing) {
  start(monitors({"a"}));
  const auto refused = fleet_->reload(monitors({"b"}, [](engine::MonitorSpec& spec) {
    spec.policy.tls.enabled = true;
    spec.policy.tls.ca_file = "/nowhere/roots.pem";
  }));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), ::testing::HasSubstr("/nowhere/roots.pem"));
  sink_->await({"a"});
  EXPECT_FALSE(sink_->counts().contains("b"));
  stop();
  EXPECT_FALSE(fleet_->reload(monitors({"a"})));
}

TEST_F(ReloadTest, AStormLosesNothing) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("steady " + std::to_string(i));
  const std::size_t steady = names.size();
  start(monitors(names));
  for (int round = 0; round < 60; ++round) {
    names.resize(steady);
    for (int i = 0; i < 10; ++i) names.push_back("guest " + std::to_string((round * 7 + i) % 25));
    const auto difference = fleet_->reload(monitors(names, [round](engine::MonitorSpec& spec) {
      if (spec.name.starts_with("guest")) spec.policy.timeout_ms = 100 + round % 3;
    }));
    ASSERT_TRUE(difference) << difference.error();
    ASSERT_EQ(difference->unchanged + difference->changed + difference->added, names.size());
    ASSERT_GE(difference->unchanged, steady);
  }
  sink_->await(names);
  const SweepSummary summary = stop();
  // RefusingPort refuses, so that every check retries in vain: what is reported is `down`.
  EXPECT_EQ(summary.by_verdict[static_cast<std::size_t>(engine::Verdict::kDown)], summary.reports);
}

TEST_F(ReloadTest, HistoriesGoOnUnderTheSameId) {
  start(monitors({"same", "changed", "gone"}));
  for (int i = 0; i < 3; ++i) sink_->await({"same", "changed", "gone"});
  ASSERT_TRUE(fleet_->reload(monitors({"same", "changed", "new"}, [](engine::MonitorSpec& spec) {
    if (spec.name == "changed") spec.policy.timeout_ms = 9'000;
  })));
  sink_->await({"same", "changed", "new"});
  stop();
  std::map<std::string, int> counts = sink_->counts();
  const engine::MonitorSet& set = fleet_->evaluated()->monitors;
  int known = 0;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const engine::History& history = fleet_->histories().at(i);
    if (set.at(i).retired) {
      EXPECT_EQ(history, engine::History{});
      continue;
    }
    const std::string name(set.name(set.at(i)));
    const int checks = static_cast<int>(history.failed_in_a_row());
    EXPECT_LE(checks, counts[name]) << name;
    // The check of a former revision that was under way belongs to no history.
    EXPECT_GE(checks, counts[name] - (name == "changed" ? 1 : 0)) << name;
    ++known;
  }
  EXPECT_EQ(known, 3);
}

}  // namespace
}  // namespace tracer::sched
