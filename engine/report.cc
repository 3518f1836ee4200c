#include "engine/report.h"

#include <cassert>
#include <cstddef>
#include <string>
#include <utility>

namespace tracer::engine {
namespace {

// The assertions' say, before failures and should_fail are weighed.
struct Tally {
  bool fails = false;
  bool warns = false;
  bool speaks_of_connection = false;        // some assertion says what the connection should do
  bool connection_fails = false;            // … and it was not so
  const Assertion* first_failed = nullptr;  // of severity fail, else of severity warn
};

Tally tally_assertions(const std::vector<Assertion>& assertions, Report& report) {
  assert(assertions.size() <= report.assertions.size());
  Tally tally;
  for (std::size_t index = 0; index < assertions.size(); ++index) {
    const Assertion& assertion = assertions[index];
    const AssertionState state = evaluate(assertion, report.outcome);
    report.assertions[index] = state;
    const bool of_connection = assertion.subject == Assertion::Subject::kConnection;
    tally.speaks_of_connection |= of_connection;
    if (state == AssertionState::kPassed) continue;
    tally.connection_fails |= of_connection;
    const bool first_fail =
        assertion.severity == Assertion::Severity::kFail && !std::exchange(tally.fails, true);
    tally.warns |= assertion.severity == Assertion::Severity::kWarn;
    if (first_fail || tally.first_failed == nullptr) tally.first_failed = &assertion;
  }
  report.assertion_count = static_cast<std::uint8_t>(assertions.size());
  return tally;
}

// The one place that allocates: it runs only when an assertion failed.
void blame_assertion(const Assertion& assertion, Report& report) {
  std::string detail(assertion_type(assertion.subject));
  detail += ": expected ";
  detail += expected_text(assertion);
  detail += ", got ";
  detail += actual_text(assertion, report.outcome);
  report.failure = FailureCode::kAssertionFailed;
  report.outcome.set_detail(detail);
}

// An open port is the failure, whatever the assertions say of it.
void judge_inverted(Report& report) {
  const bool failed = report.outcome.failure != FailureCode::kNone;
  report.verdict = failed ? Verdict::kUp : Verdict::kDown;
  if (failed) return;
  report.failure = FailureCode::kAssertionFailed;
  report.outcome.set_detail("should_fail: the check was expected to fail, and it succeeded");
}

}  // namespace

Report judge(const Outcome& outcome, const CheckPolicy& policy) {
  Report report;
  report.outcome = outcome;
  report.failure = outcome.failure;
  report.attempts = outcome.attempt;
  const Tally tally = tally_assertions(effective_assertions(policy), report);
  if (failure_info(outcome.failure).ours) {
    report.verdict = Verdict::kUnknown;
    return report;
  }
  if (policy.should_fail) {
    judge_inverted(report);
    return report;
  }
  // Where no assertion speaks of the connection, its success goes without saying.
  const bool failed = outcome.failure != FailureCode::kNone;
  const bool fails = tally.fails || (failed && !tally.speaks_of_connection);
  report.verdict = fails ? Verdict::kDown : tally.warns ? Verdict::kDegraded : Verdict::kUp;
  // A failure that the assertions asked for is not what is wrong.
  const bool failure_expected = tally.speaks_of_connection && !tally.connection_fails;
  if (tally.first_failed != nullptr && (!failed || failure_expected)) {
    blame_assertion(*tally.first_failed, report);
  }
  return report;
}

const std::vector<Assertion>& effective_assertions(const CheckPolicy& policy) {
  static const std::vector<Assertion> kConnectionSuccess = [] {
    Assertion assertion;
    assertion.values.emplace_back("success");
    return std::vector<Assertion>{assertion};
  }();
  return policy.assertions.empty() ? kConnectionSuccess : policy.assertions;
}

}  // namespace tracer::engine
