// What one check ends in: its last outcome, judged. The evaluator makes it and sinks read it. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "engine/assertion.h"
#include "engine/limits.h"
#include "engine/monitor.h"
#include "engine/outcome.h"

namespace tracer::engine {

struct Report {
  Outcome outcome;
  Verdict verdict = Verdict::kUnknown;
  FailureCode failure = FailureCode::kNone;  // outcome.failure, or kAssertionFailed
  std::uint8_t attempts = 1;
  std::uint8_t assertion_count = 0;
  std::array<AssertionState, limits::kMaxAssertions> assertions{};
};

// Judges an outcome against a policy's assertions (connection success where there are none).
// A failure of ours is `unknown` whatever the assertions say; should_fail swaps up and down.
Report judge(const Outcome& outcome, const CheckPolicy& policy);

// The assertions that apply: the policy's, or the one default.
const std::vector<Assertion>& effective_assertions(const CheckPolicy& policy);

}  // namespace tracer::engine
