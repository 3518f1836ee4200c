#include "engine/report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tracer::engine {
namespace {

using Severity = Assertion::Severity;
using Subject = Assertion::Subject;
using Operator = Assertion::Operator;

Assertion connection(const char* status, Severity severity = Severity::kFail) {
  Assertion assertion;
  assertion.values = {status};
  assertion.severity = severity;
  return assertion;
}

// outcome_with() measures 100 ms in total.
Assertion total_below(double limit_ms, Severity severity = Severity::kFail) {
  Assertion assertion;
  assertion.subject = Subject::kTimeTotal;
  assertion.comparison = Operator::kLessThan;
  assertion.number = limit_ms;
  assertion.severity = severity;
  return assertion;
}

Assertion expiry_above(double days) {
  Assertion assertion;
  assertion.subject = Subject::kExpiryChain;
  assertion.comparison = Operator::kGreaterThan;
  assertion.number = days;
  return assertion;
}

Outcome outcome_with(FailureCode failure) {
  Outcome outcome;
  outcome.failure = failure;
  outcome.times.total_ns = 100'000'000;
  outcome.set_detail("as the probe said");
  return outcome;
}

CheckPolicy policy_with(std::vector<Assertion> assertions, bool should_fail = false) {
  CheckPolicy policy;
  policy.assertions = std::move(assertions);
  policy.should_fail = should_fail;
  return policy;
}

constexpr FailureCode kNone = FailureCode::kNone;
constexpr FailureCode kRefused = FailureCode::kConnectionRefused;
constexpr FailureCode kAsserted = FailureCode::kAssertionFailed;
constexpr FailureCode kOurs = FailureCode::kLocalResources;

struct Case {
  const char* what;
  FailureCode outcome;
  std::vector<Assertion> assertions;
  bool should_fail;
  Verdict verdict;
  FailureCode failure;
};

std::vector<Case> plain_cases() {
  const auto warn = Severity::kWarn;
  return {
      {"success", kNone, {}, false, Verdict::kUp, kNone},
      {"refused", kRefused, {}, false, Verdict::kDown, kRefused},
      {"ours", kOurs, {}, false, Verdict::kUnknown, kOurs},
      {"asserted success", kNone, {connection("success")}, false, Verdict::kUp, kNone},
      {"asserted success, refused",
       kRefused,
       {connection("success")},
       false,
       Verdict::kDown,
       kRefused},
      {"failure wanted and had", kRefused, {connection("failure")}, false, Verdict::kUp, kRefused},
      {"failure wanted, connected",
       kNone,
       {connection("failure")},
       false,
       Verdict::kDown,
       kAsserted},
      {"failure wanted, ours", kOurs, {connection("failure")}, false, Verdict::kUnknown, kOurs},
      {"a quick refusal is no success",
       kRefused,
       {total_below(500)},
       false,
       Verdict::kDown,
       kRefused},
      {"quick enough", kNone, {total_below(500)}, false, Verdict::kUp, kNone},
      {"too slow", kNone, {total_below(50)}, false, Verdict::kDown, kAsserted},
      {"too slow, warn", kNone, {total_below(50, warn)}, false, Verdict::kDegraded, kAsserted},
      {"too slow twice",
       kNone,
       {total_below(50, warn), total_below(60)},
       false,
       Verdict::kDown,
       kAsserted},
      {"expiry without TLS", kNone, {expiry_above(30)}, false, Verdict::kDown, kAsserted},
      {"failure had, in time",
       kRefused,
       {connection("failure"), total_below(500)},
       false,
       Verdict::kUp,
       kRefused},
      {"failure had, too late",
       kRefused,
       {connection("failure"), total_below(50)},
       false,
       Verdict::kDown,
       kAsserted},
      {"failure had, late warn",
       kRefused,
       {connection("failure"), total_below(50, warn)},
       false,
       Verdict::kDegraded,
       kAsserted},
      {"connection only a warning, refused",
       kRefused,
       {connection("success", warn)},
       false,
       Verdict::kDegraded,
       kRefused},
      {"connection only a warning, up",
       kNone,
       {connection("success", warn)},
       false,
       Verdict::kUp,
       kNone},
      {"connection a warning, refused and late",
       kRefused,
       {connection("success", warn), total_below(50)},
       false,
       Verdict::kDown,
       kRefused},
      {"warn alone does not excuse the connection",
       kRefused,
       {total_below(500, warn)},
       false,
       Verdict::kDown,
       kRefused},
  };
}

std::vector<Case> inverted_cases() {
  const auto warn = Severity::kWarn;
  return {
      {"should fail, did", kRefused, {}, true, Verdict::kUp, kRefused},
      {"should fail, open", kNone, {}, true, Verdict::kDown, kAsserted},
      {"should fail, ours", kOurs, {}, true, Verdict::kUnknown, kOurs},
      {"should fail, asserted success, did",
       kRefused,
       {connection("success")},
       true,
       Verdict::kUp,
       kRefused},
      {"should fail, asserted failure, did",
       kRefused,
       {connection("failure")},
       true,
       Verdict::kUp,
       kRefused},
      {"should fail, asserted failure, open",
       kNone,
       {connection("failure")},
       true,
       Verdict::kDown,
       kAsserted},
      {"should fail, open and slow is still open",
       kNone,
       {total_below(50)},
       true,
       Verdict::kDown,
       kAsserted},
      {"should fail, open and slow, warn",
       kNone,
       {total_below(50, warn)},
       true,
       Verdict::kDown,
       kAsserted},
      {"should fail, did, expiry not measured",
       kRefused,
       {expiry_above(30)},
       true,
       Verdict::kUp,
       kRefused},
  };
}

void expect_case(const Case& one) {
  const Report report =
      judge(outcome_with(one.outcome), policy_with(one.assertions, one.should_fail));
  EXPECT_EQ(verdict_name(report.verdict), verdict_name(one.verdict)) << one.what;
  EXPECT_EQ(failure_info(report.failure).name, failure_info(one.failure).name) << one.what;
  EXPECT_EQ(report.outcome.failure, one.outcome) << one.what;
  const std::string_view detail = report.outcome.detail_text();
  EXPECT_EQ(one.failure == kAsserted, detail != "as the probe said") << one.what << ": " << detail;
}

TEST(Report, VerdictsOfEveryKindOfPolicy) {
  for (const Case& one : plain_cases()) expect_case(one);
}

TEST(Report, VerdictsTurnedRound) {
  for (const Case& one : inverted_cases()) expect_case(one);
}

TEST(Report, EveryFailureCodeFollowsItsBlame) {
  for (int index = 1; index < kFailureCodeCount; ++index) {
    const auto code = static_cast<FailureCode>(index);
    const bool ours = failure_info(code).ours;
    for (const auto& assertions : {std::vector<Assertion>{}, {connection("success")}}) {
      const Report plain = judge(outcome_with(code), policy_with(assertions));
      EXPECT_EQ(plain.verdict, ours ? Verdict::kUnknown : Verdict::kDown) << index;
      EXPECT_EQ(plain.failure, code);
    }
    const Report wanted = judge(outcome_with(code), policy_with({connection("failure")}));
    EXPECT_EQ(wanted.verdict, ours ? Verdict::kUnknown : Verdict::kUp) << index;
    const Report inverted = judge(outcome_with(code), policy_with({}, true));
    EXPECT_EQ(inverted.verdict, ours ? Verdict::kUnknown : Verdict::kUp) << index;
  }
}

TEST(Report, DetailNamesTheFirstAssertionThatDecided) {
  const CheckPolicy policy = policy_with(
      {connection("success"), total_below(10, Severity::kWarn), total_below(50), total_below(60)});
  const Report report = judge(outcome_with(kNone), policy);
  EXPECT_EQ(report.outcome.detail_text(), "response_time: expected less_than 50, got 100");
}

TEST(Report, DetailOfAWarningWhereNothingWorseFailed) {
  const CheckPolicy policy =
      policy_with({total_below(10, Severity::kWarn), total_below(50, Severity::kWarn)});
  const Report report = judge(outcome_with(kNone), policy);
  EXPECT_EQ(report.outcome.detail_text(), "response_time: expected less_than 10, got 100");
}

TEST(Report, CarriesEveryAssertionsStateInOrder) {
  const CheckPolicy policy =
      policy_with({total_below(500), total_below(50), expiry_above(1), connection("success")});
  Outcome outcome = outcome_with(kNone);
  outcome.attempt = 3;
  const Report report = judge(outcome, policy);
  ASSERT_EQ(report.assertion_count, 4);
  EXPECT_EQ(report.assertions[0], AssertionState::kPassed);
  EXPECT_EQ(report.assertions[1], AssertionState::kFailed);
  EXPECT_EQ(report.assertions[2], AssertionState::kUnmeasured);
  EXPECT_EQ(report.assertions[3], AssertionState::kPassed);
  EXPECT_EQ(report.attempts, 3);
}

TEST(Report, DefaultAssertionIsConnectionSuccess) {
  const CheckPolicy policy;
  const std::vector<Assertion>& assertions = effective_assertions(policy);
  ASSERT_EQ(assertions.size(), 1U);
  EXPECT_EQ(expected_text(assertions[0]), "success");
  EXPECT_EQ(assertion_type(assertions[0].subject), "connection");
  EXPECT_EQ(judge(outcome_with(kNone), policy).assertion_count, 1);
}

TEST(Report, HoldsAsManyAssertionsAsAMonitorMayHave) {
  const std::vector<Assertion> most(limits::kMaxAssertions, total_below(500));
  const Report report = judge(outcome_with(kNone), policy_with(most));
  EXPECT_EQ(report.assertion_count, limits::kMaxAssertions);
  EXPECT_EQ(report.verdict, Verdict::kUp);
}

}  // namespace
}  // namespace tracer::engine
