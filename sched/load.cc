#include "sched/load.h"

#include <algorithm>
#include <cassert>

namespace tracer::sched {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
// Who is a little late at the end of an open loop is late, not missing.
constexpr std::int64_t kGraceNs = 1'000'000'000;

}  // namespace

Load::Load(const LoadPlan& plan) : plan_(plan) {
  assert(plan.rate <= LoadPlan::kMaxRate);
  assert(plan.warm_up_ns <= LoadPlan::kMaxNs && plan.duration_ns <= LoadPlan::kMaxNs);
}

void Load::begin(std::int64_t now_ns) {
  origin_ns_ = now_ns;
  now_ns_ = now_ns;
  over_ = plan_.part_of(plan_.count) == 0;
}

// Connection `number` of this shard, from the beginning.
std::int64_t Load::due_ns(std::uint64_t number) const {
  if (!open()) return 0;
  const std::uint64_t among_all = plan_.shard + number * plan_.shards;
  return static_cast<std::int64_t>(among_all / plan_.rate * kSecondNs +
                                   among_all % plan_.rate * kSecondNs / plan_.rate);
}

// How many of an open loop's fall to this shard before a moment, counted from the beginning.
std::uint64_t Load::due_before(std::int64_t after_ns) const {
  const auto time_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(after_ns, 0));
  return plan_.part_of((time_ns * plan_.rate + kSecondNs - 1) / kSecondNs);
}

std::int64_t Load::next_due_ns() const {
  if (over_) return kNever;
  return open() ? origin_ns_ + due_ns(begun_) : INT64_MIN;
}

std::optional<Load::Start> Load::next(std::int64_t now_ns) {
  look(now_ns);
  if (next_due_ns() > now_ns) return std::nullopt;
  const std::int64_t due_at_ns = open() ? next_due_ns() : now_ns;
  Start start{now_ns - due_at_ns, due_at_ns - origin_ns_ < plan_.warm_up_ns};
  ++begun_;
  if (!start.warm_up && ++measured_ == plan_.part_of(plan_.count)) over_ = true;
  return start;
}

// A connection that would be due when time is over is none.
void Load::look(std::int64_t now_ns) {
  now_ns_ = now_ns;
  const std::int64_t end_ns = origin_ns_ + plan_.warm_up_ns + plan_.duration_ns;
  const std::int64_t last_ns = open() ? end_ns + kGraceNs : end_ns;
  if (now_ns >= last_ns || next_due_ns() >= end_ns) end();
}

void Load::end() {
  if (over_) return;
  over_ = true;
  if (!open()) return;
  const std::int64_t time_ns = std::min(now_ns_ - origin_ns_, plan_.warm_up_ns + plan_.duration_ns);
  const std::uint64_t due = due_before(time_ns);
  const std::uint64_t first = std::max(begun_, due_before(plan_.warm_up_ns));
  const std::uint64_t left = plan_.part_of(plan_.count) - measured_;
  missed_ = std::min(due > first ? due - first : 0, left);
}

std::uint64_t Load::waiting() const {
  if (over_ || !open()) return 0;
  const std::uint64_t due = due_before(now_ns_ - origin_ns_ + 1);
  return due > begun_ ? due - begun_ : 0;
}

}  // namespace tracer::sched
