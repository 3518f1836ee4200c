#include "tests/sim/reference_history.h"

#include <algorithm>

namespace tracer::sim {

using engine::Verdict;

engine::History ReferenceHistory::now() const {
  engine::History history;
  history.skipped = skipped_;
  history.checks = static_cast<std::uint32_t>(checks_.size());
  if (checks_.empty()) return history;
  history.verdict = checks_.back().verdict;
  const auto other = std::find_if(checks_.rbegin(), checks_.rend(), [&](const Check& check) {
    return check.verdict != history.verdict;
  });
  history.same_in_a_row = static_cast<std::uint32_t>(other - checks_.rbegin());
  history.changed_unix_ms = other.base()->at_unix_ms;

  // What is unknown is passed over, but has its place among the last 32.
  bool any = false;
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    if (checks_[i].verdict == Verdict::kUnknown) continue;
    const bool fails = checks_[i].verdict == Verdict::kDown;
    const std::size_t ago = checks_.size() - 1 - i;
    const bool turns = any && fails != history.failing;
    if (turns && ago < 32) history.flap_bits |= std::uint32_t{1} << ago;
    history.streak = turns ? 1 : history.streak + 1;
    history.failing = fails;
    any = true;
  }
  return history;
}

}  // namespace tracer::sim
