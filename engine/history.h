// What the checks of one monitor have come to so far: its verdict and for how long it has held, and
// what alerting counts: failed and passed checks in a row, flaps. A small value a monitor; the
// evaluator keeps them in a sched::HistoryBook. The reducer is pure; any thread.
//
// Rules:
//  1. `up` and `degraded` have passed, `down` has failed.
//  2. `unknown` is a fault of ours and says nothing of the target. People are told, so it is a
//     verdict like the others; but it neither lengthens nor ends what is counted in a row of passed
//     or failed checks, and it is no flap. A target that was down before and is down after it has
//     failed in a row.
//  3. A check that our own end broke off is none, and is not observed (see is_observed): else every
//     restart would be a change of its own.
//  4. Counts stay at their greatest value.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "engine/failure.h"
#include "engine/outcome.h"

namespace tracer::engine {

struct History {
  std::int64_t changed_unix_ms = 0;  // when the first of the checks in a row with `verdict` began
  std::uint32_t checks = 0;          // observed in all; 0: there is no verdict yet
  std::uint32_t skipped = 0;         // checks that came due and were not made
  std::uint32_t same_in_a_row = 0;   // checks with `verdict`
  std::uint32_t streak = 0;          // checks in a row that have failed, or that have passed
  std::uint32_t flap_bits = 0;       // bit n: the check n checks ago failed after passes, or passed
                                     // after failures
  Verdict verdict = Verdict::kUnknown;  // the last one; holds when known()
  bool failing = false;                 // what `streak` counts: failed checks

  bool known() const { return checks != 0; }
  std::uint32_t failed_in_a_row() const { return failing ? streak : 0; }  // for alert.after
  std::uint32_t passed_in_a_row() const { return failing ? 0 : streak; }  // for recover_after
  int flaps() const { return std::popcount(flap_bits); }  // among the last 32 checks

  void observe(Verdict seen, std::int64_t at_unix_ms);
  void skip(std::uint32_t count);
  // True for everything that observe() and skip() can lead to, apart from times.
  bool plausible() const;

  bool operator==(const History&) const = default;
};
static_assert(std::is_trivially_copyable_v<History> && sizeof(History) <= 32);

// Whether a check that ended so says anything (rule 3).
constexpr bool is_observed(FailureCode failure) { return failure != FailureCode::kLocalShutdown; }

}  // namespace tracer::engine
