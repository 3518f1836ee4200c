// What one check ends in: its last outcome, judged. The evaluator makes it and sinks read it. Pure.
//
// How a verdict comes about:
// 1. A failure of ours is `unknown`, whatever else holds.
// 2. With should_fail, a failure of the target is `up` and anything else is `down`: an open port is
//    the failure even where an assertion about it does not hold.
// 3. Where no assertion speaks of the connection, its success is required as if it had been
//    asserted. `connection status: failure` turns that round: a refused connection is then `up`.
// 4. A failed assertion of severity fail is `down`; else one of severity warn is `degraded`.
#pragma once

#include <array>
#include <cstdint>

#include "engine/assertion.h"
#include "engine/history.h"
#include "engine/limits.h"
#include "engine/monitor.h"
#include "engine/outcome.h"

namespace tracer::engine {

struct Report {
  Outcome outcome;
  Verdict verdict = Verdict::kUnknown;
  // What is wrong: outcome.failure, or kAssertionFailed where the assertions alone are (then the
  // outcome's detail names the first of them). A failure that was asked for is kept: it tells what
  // happened, and the verdict tells that it is well.
  FailureCode failure = FailureCode::kNone;
  std::uint8_t attempts = 1;
  std::uint8_t assertion_count = 0;
  std::array<AssertionState, limits::kMaxAssertions> assertions{};
  // The monitor's, without this check and with it; the evaluator's to fill in.
  History before;
  History after;
};

// Judges an outcome against a policy's assertions (connection success where there are none).
// Allocates only to word the detail of a failed assertion. The payload stays shared with `outcome`.
Report judge(const Outcome& outcome, const CheckPolicy& policy);

// The assertions that apply: the policy's, or the one default.
const std::vector<Assertion>& effective_assertions(const CheckPolicy& policy);

}  // namespace tracer::engine
