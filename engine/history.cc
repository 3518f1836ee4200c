#include "engine/history.h"

#include <algorithm>

namespace tracer::engine {
namespace {

void add(std::uint32_t& count, std::uint32_t more) {
  count = more > UINT32_MAX - count ? UINT32_MAX : count + more;
}

}  // namespace

void History::observe(Verdict seen, std::int64_t at_unix_ms) {
  if (!known() || seen != verdict) {
    changed_unix_ms = at_unix_ms;
    same_in_a_row = 0;
  }
  verdict = seen;
  add(same_in_a_row, 1);
  add(checks, 1);
  flap_bits <<= 1;
  if (seen == Verdict::kUnknown) return;
  const bool fails = seen == Verdict::kDown;
  if (fails != failing) {
    if (streak != 0) flap_bits |= 1;
    failing = fails;
    streak = 0;
  }
  add(streak, 1);
}

void History::skip(std::uint32_t count) { add(skipped, count); }

bool History::plausible() const {
  if (!known()) return *this == History{.skipped = skipped};
  if (same_in_a_row == 0 || same_in_a_row > checks || streak > checks) return false;
  // Of n checks the first cannot be a flap, and each of them has a bit.
  const std::uint32_t possible = checks > 32 ? UINT32_MAX : ((1U << (checks - 1)) - 1);
  if ((flap_bits & ~possible) != 0) return false;
  if (streak == 0) return verdict == Verdict::kUnknown && !failing && flap_bits == 0;
  return verdict == Verdict::kUnknown || failing == (verdict == Verdict::kDown);
}

}  // namespace tracer::engine
