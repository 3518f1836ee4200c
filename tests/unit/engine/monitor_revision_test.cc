#include "engine/monitor_revision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tracer::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

MonitorSpec monitor(const std::string& host, std::int64_t interval_ms = 60'000) {
  MonitorSpec spec;
  spec.host = host;
  spec.port = 443;
  spec.labels = {{"host", host}, {"team", "web"}};
  spec.policy.interval_ms = interval_ms;
  return spec;
}

MonitorSet set_of(const std::vector<MonitorSpec>& specs) {
  MonitorSetBuilder builder;
  for (const MonitorSpec& spec : specs) EXPECT_TRUE(builder.add(spec));
  return std::move(builder).build();
}

// Everything that a set says of a monitor.
std::string description(const MonitorSet& set, std::uint32_t index) {
  const Monitor& one = set.at(index);
  std::string text = set.id(one) + ' ' + std::string(set.name(one)) + ' ' +
                     std::string(set.host(one)) + ' ' + std::string(set.text(one.server_name)) +
                     ' ' + std::to_string(set.policy(one).interval_ms);
  for (const auto& [key, value] : set.labels(one)) {
    text.append(" ").append(key).append("=").append(value);
  }
  return text;
}

class RevisionTest : public ::testing::Test {
 protected:
  RevisionTest() : earlier_(set_of({monitor("a"), monitor("b"), monitor("c")})) {}

  MonitorRevision follow(const std::vector<MonitorSpec>& specs) {
    return revise(earlier_, set_of(specs), forgotten_);
  }
  void expect_same(const MonitorSet& now, std::uint32_t index) {
    EXPECT_EQ(description(now, index), description(earlier_, index));
    EXPECT_EQ(&now.policy(now.at(index)), &earlier_.policy(earlier_.at(index)));
  }

  MonitorSet earlier_;
  std::vector<std::uint32_t> forgotten_;
};

TEST_F(RevisionTest, WhatIsAsBeforeKeepsItsIndexWhateverItsPlace) {
  const MonitorRevision revision = follow({monitor("c"), monitor("a"), monitor("b")});
  EXPECT_EQ(revision.unchanged, 3U);
  EXPECT_THAT(revision.added, IsEmpty());
  EXPECT_THAT(revision.removed, IsEmpty());
  ASSERT_EQ(revision.monitors.size(), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    expect_same(revision.monitors, i);
    EXPECT_FALSE(revision.monitors.at(i).retired);
  }
}

TEST_F(RevisionTest, WhatIsNewComesAfterWhatIsThere) {
  const MonitorRevision revision =
      follow({monitor("d"), monitor("a"), monitor("b"), monitor("c"), monitor("e")});
  EXPECT_EQ(revision.unchanged, 3U);
  EXPECT_THAT(revision.added, ElementsAre(3U, 4U));
  EXPECT_EQ(revision.monitors.host(revision.monitors.at(3)), "d");
  EXPECT_EQ(revision.monitors.host(revision.monitors.at(4)), "e");
}

TEST_F(RevisionTest, WhatIsGoneStaysReadableAndRetired) {
  const MonitorRevision revision = follow({monitor("a"), monitor("c")});
  EXPECT_THAT(revision.removed, ElementsAre(1U));
  EXPECT_THAT(revision.changed, IsEmpty());
  ASSERT_EQ(revision.monitors.size(), 3U);
  EXPECT_TRUE(revision.monitors.at(1).retired);
  EXPECT_FALSE(revision.monitors.at(1).enabled);
  for (std::uint32_t i = 0; i < 3; ++i) expect_same(revision.monitors, i);
}

TEST_F(RevisionTest, WhatHasChangedHasAnotherIndex) {
  std::vector<MonitorSpec> specs{monitor("a"), monitor("b", 30'000), monitor("c")};
  const MonitorRevision revision = follow(specs);
  EXPECT_EQ(revision.unchanged, 2U);
  EXPECT_THAT(revision.removed, ElementsAre(1U));
  EXPECT_THAT(revision.added, ElementsAre(3U));
  EXPECT_THAT(revision.changed, ElementsAre(Pair(1U, 3U)));
  EXPECT_EQ(revision.monitors.policy(revision.monitors.at(1)).interval_ms, 60'000);
  EXPECT_EQ(revision.monitors.policy(revision.monitors.at(3)).interval_ms, 30'000);
  EXPECT_EQ(revision.monitors.at(1).id_hash, revision.monitors.at(3).id_hash);
}

TEST_F(RevisionTest, EveryFieldCounts) {
  const auto changes = [this](auto change) {
    std::vector<MonitorSpec> specs{monitor("a"), monitor("b"), monitor("c")};
    for (MonitorSpec& spec : specs) spec.id = spec.host;
    earlier_ = set_of(specs);
    change(specs[1]);
    std::vector<std::uint32_t> forgotten;
    return revise(earlier_, set_of(specs), forgotten).changed.size();
  };
  EXPECT_EQ(changes([](MonitorSpec&) {}), 0U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.name = "else"; }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.host = "else"; }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.port = 80; }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.enabled = false; }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.server_name = "else"; }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.labels[1].second = "db"; }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.labels.clear(); }), 1U);
  EXPECT_EQ(changes([](MonitorSpec& spec) { spec.policy.tls.verify = false; }), 1U);
}

TEST_F(RevisionTest, ARetiredMonitorIsNoPredecessor) {
  MonitorRevision first = follow({monitor("a"), monitor("c")});
  earlier_ = std::move(first.monitors);
  const MonitorRevision second = follow({monitor("a"), monitor("b"), monitor("c")});
  EXPECT_THAT(second.added, ElementsAre(3U));
  EXPECT_THAT(second.changed, IsEmpty());
  EXPECT_THAT(second.removed, IsEmpty());
  EXPECT_TRUE(second.monitors.at(1).retired);
  expect_same(second.monitors, 1);
}

TEST_F(RevisionTest, WhatIsForgottenIsUsedAgain) {
  MonitorRevision first = follow({monitor("a")});
  EXPECT_THAT(first.removed, ElementsAre(1U, 2U));
  earlier_ = std::move(first.monitors);
  forgotten_ = {1};
  MonitorRevision second = follow({monitor("a"), monitor("x"), monitor("y")});
  EXPECT_THAT(second.added, ElementsAre(1U, 3U));
  EXPECT_THAT(forgotten_, IsEmpty());
  EXPECT_FALSE(second.monitors.at(1).retired);
  EXPECT_TRUE(second.monitors.at(2).retired);
  expect_same(second.monitors, 2);

  earlier_ = std::move(second.monitors);
  forgotten_ = {2};
  const MonitorRevision third = follow({monitor("x")});
  EXPECT_THAT(third.removed, ElementsAre(0U, 3U));
  EXPECT_THAT(forgotten_, ElementsAre(2U));
  EXPECT_TRUE(third.monitors.at(2).retired);
}

// Reloads for ever do not make a set grow that stays as large.
TEST_F(RevisionTest, AnEndlessSuccessionStaysBounded) {
  for (int round = 0; round < 200; ++round) {
    MonitorRevision revision = follow({monitor("a"), monitor("host" + std::to_string(round))});
    forgotten_.insert(forgotten_.end(), revision.removed.begin(), revision.removed.end());
    earlier_ = std::move(revision.monitors);
  }
  EXPECT_LE(earlier_.size(), 5U);
  EXPECT_LE(earlier_.policy_count(), 4U);
}

}  // namespace
}  // namespace tracer::engine
