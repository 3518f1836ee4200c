#include "engine/history.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace tracer::engine {
namespace {

std::int64_t time_of(std::size_t check) { return 1000 * static_cast<std::int64_t>(check + 1); }

History after(const std::vector<Verdict>& verdicts) {
  History history;
  for (std::size_t i = 0; i < verdicts.size(); ++i) history.observe(verdicts[i], time_of(i));
  return history;
}

// The same, found by looking back over all checks.
History expected(const std::vector<Verdict>& verdicts) {
  History history;
  if (verdicts.empty()) return history;
  history.verdict = verdicts.back();
  history.checks = static_cast<std::uint32_t>(verdicts.size());
  std::size_t first = verdicts.size();
  while (first > 0 && verdicts[first - 1] == history.verdict) --first;
  history.same_in_a_row = static_cast<std::uint32_t>(verdicts.size() - first);
  history.changed_unix_ms = time_of(first);

  struct Said {
    bool failed;
    std::size_t check;
  };
  std::vector<Said> said;  // of the target
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i] != Verdict::kUnknown) said.push_back({verdicts[i] == Verdict::kDown, i});
  }
  if (said.empty()) return history;
  history.failing = said.back().failed;
  for (auto at = said.rbegin(); at != said.rend() && at->failed == history.failing; ++at) {
    ++history.streak;
  }
  for (std::size_t i = 1; i < said.size(); ++i) {
    const std::size_t ago = verdicts.size() - 1 - said[i].check;
    if (said[i].failed != said[i - 1].failed && ago < 32) history.flap_bits |= 1U << ago;
  }
  return history;
}

// Every sequence of up to eight checks.
TEST(HistoryTest, IsWhatTheChecksHaveBeen) {
  std::vector<Verdict> verdicts;
  std::size_t sequences = 0;
  const auto extend = [&](const auto& self) -> void {
    const History history = after(verdicts);
    ASSERT_EQ(history, expected(verdicts));
    ASSERT_TRUE(history.plausible());
    ++sequences;
    if (verdicts.size() == 8) return;
    for (const Verdict verdict :
         {Verdict::kUp, Verdict::kDegraded, Verdict::kDown, Verdict::kUnknown}) {
      verdicts.push_back(verdict);
      self(self);
      verdicts.pop_back();
    }
  };
  extend(extend);
  EXPECT_EQ(sequences, (65536U * 4 - 1) / 3);
}

TEST(HistoryTest, NothingIsKnownBeforeTheFirstCheck) {
  const History history;
  EXPECT_FALSE(history.known());
  EXPECT_EQ(history.failed_in_a_row(), 0U);
  EXPECT_EQ(history.passed_in_a_row(), 0U);
}

TEST(HistoryTest, AFaultOfOursNeitherCountsNorClears) {
  const History history = after({Verdict::kDown, Verdict::kUnknown, Verdict::kDown});
  EXPECT_EQ(history.failed_in_a_row(), 2U);
  EXPECT_EQ(history.same_in_a_row, 1U);
  EXPECT_EQ(history.flaps(), 0);
  EXPECT_EQ(after({Verdict::kUp, Verdict::kUnknown}).passed_in_a_row(), 1U);
}

TEST(HistoryTest, WarningsAlonePass) {
  const History history = after({Verdict::kDown, Verdict::kDegraded, Verdict::kUp});
  EXPECT_EQ(history.passed_in_a_row(), 2U);
  EXPECT_EQ(history.flaps(), 1);
}

TEST(HistoryTest, FlapsAreThoseOfTheLastThirtyTwoChecks) {
  std::vector<Verdict> verdicts;
  for (int i = 0; i < 50; ++i) verdicts.push_back(i % 2 == 0 ? Verdict::kUp : Verdict::kDown);
  EXPECT_EQ(after(verdicts).flaps(), 32);
  EXPECT_EQ(after(verdicts), expected(verdicts));
  verdicts.insert(verdicts.end(), 31, Verdict::kDown);
  EXPECT_EQ(after(verdicts).flaps(), 1);
  verdicts.push_back(Verdict::kUnknown);
  EXPECT_EQ(after(verdicts).flaps(), 0);
}

TEST(HistoryTest, CountsStayAtTheirGreatest) {
  History history;
  history.observe(Verdict::kDown, 1);
  history.checks = history.same_in_a_row = history.streak = UINT32_MAX;
  history.skip(UINT32_MAX - 1);
  history.skip(7);
  history.observe(Verdict::kDown, 2);
  EXPECT_EQ(history.checks, UINT32_MAX);
  EXPECT_EQ(history.same_in_a_row, UINT32_MAX);
  EXPECT_EQ(history.failed_in_a_row(), UINT32_MAX);
  EXPECT_EQ(history.skipped, UINT32_MAX);
  EXPECT_TRUE(history.plausible());
}

TEST(HistoryTest, WhatNoChecksLeadToIsNotPlausible) {
  const History good = after({Verdict::kUp, Verdict::kDown, Verdict::kDown});
  ASSERT_TRUE(good.plausible());
  const auto broken = [&good](auto change) {
    History history = good;
    change(history);
    return !history.plausible();
  };
  EXPECT_TRUE(broken([](History& h) { h.checks = 0; }));
  EXPECT_TRUE(broken([](History& h) { h.checks = 1; }));
  EXPECT_TRUE(broken([](History& h) { h.same_in_a_row = 0; }));
  EXPECT_TRUE(broken([](History& h) { h.same_in_a_row = 4; }));
  EXPECT_TRUE(broken([](History& h) { h.streak = 4; }));
  EXPECT_TRUE(broken([](History& h) { h.streak = 0; }));
  EXPECT_TRUE(broken([](History& h) { h.failing = false; }));
  EXPECT_TRUE(broken([](History& h) { h.verdict = Verdict::kUp; }));
  EXPECT_TRUE(broken([](History& h) { h.flap_bits = 4; }));
  History skipped;
  skipped.skip(3);
  EXPECT_TRUE(skipped.plausible());
}

TEST(HistoryTest, ACheckThatWeBrokeOffIsNone) {
  EXPECT_FALSE(is_observed(FailureCode::kLocalShutdown));
  EXPECT_TRUE(is_observed(FailureCode::kLocalResources));
  EXPECT_TRUE(is_observed(FailureCode::kNone));
}

}  // namespace
}  // namespace tracer::engine
