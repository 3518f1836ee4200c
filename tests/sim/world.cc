// What a fleet is built of is in world_build.cc.

#include "tests/sim/world.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sched/limits.h"
#include "tests/sim/world_sink.h"

namespace tracer::sim {
namespace {

constexpr std::int64_t kLongestStallNs = 10 * kSecond;
constexpr std::uint64_t kMostTurnsInPlace = 20'000;
// Whose turn it is, beside the shards'.
constexpr std::size_t kEvaluator = SIZE_MAX;
constexpr std::size_t kScript = SIZE_MAX - 1;
constexpr std::size_t kReloader = SIZE_MAX - 2;

}  // namespace

void World::run() {
  for (const auto& shard : shards_) shard->begin();
  while (!evaluator_->over()) {
    require(turn(), Invariant::kEnd, "nothing will ever happen again, and checks are open");
    check_over();
  }
  end();
}

void World::check_over() const {
  const std::int64_t must_ns = model_->must_be_over_ns();
  if (must_ns == kNever) return;
  // An evaluator may stall with each ring full of the last outcomes, and again with the last cuts.
  const auto stalls =
      static_cast<std::int64_t>(3 + 2 * scenario_.targets.size() / scenario_.shard.outcome_ring);
  require(clock_.monotonic_ns() <= must_ns + stalls * longest_stall_ns_ + kSecond, Invariant::kEnd,
          "the fleet does not come to its end");
}

void World::end() {
  for (const auto& shard : shards_) shard->stop();
  const std::int64_t since_ns = clock_.monotonic_ns();
  while (std::ranges::any_of(actors_, [](const Actor& actor) { return !actor.over; })) {
    require(turn() && clock_.monotonic_ns() < since_ns + 60 * kSecond, Invariant::kEnd,
            "a shard does not stop");
  }
  std::uint64_t begun = 0;
  std::uint64_t skipped = 0;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    begun += shards_[i]->checks_started();
    skipped += shards_[i]->checks_skipped();
    require(actors_[i].ring->nothing_open(), Invariant::kEnd, "a socket is left open");
    if (actors_[i].resolver->statistics().stale > 0) faults_.count(Fault::kOldAnswer);
  }
  model_->over(begun, skipped);
  check_histories();
  summary_ = evaluator_->summary();
  evaluator_.reset();
  shards_.clear();
  model_->check_payloads();
}

// ---- whose turn it is -------------------------------------------------------------------------

std::int64_t World::earliest_ns() {
  std::int64_t earliest_ns = std::min({evaluator_ns_, sink_ns_, reload_ns_});
  if (next_step_ < scenario_.steps.size()) {
    earliest_ns = std::min(earliest_ns, origin_ns_ + scenario_.steps[next_step_].at_ns);
  }
  for (const Actor& actor : actors_) {
    if (!actor.over) earliest_ns = std::min(earliest_ns, actor.ring->ready_ns());
  }
  return earliest_ns;
}

// One of those who could act now.
std::size_t World::choose() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  std::array<std::size_t, 16> ready;
  std::size_t count = 0;
  for (std::size_t i = 0; i < actors_.size(); ++i) {
    if (!actors_[i].over && actors_[i].ring->ready_ns() <= now_ns) ready[count++] = i;
  }
  if (std::min(evaluator_ns_, sink_ns_) <= now_ns) ready[count++] = kEvaluator;
  if (reload_ns_ <= now_ns) ready[count++] = kReloader;
  if (next_step_ < scenario_.steps.size() &&
      origin_ns_ + scenario_.steps[next_step_].at_ns <= now_ns) {
    ready[count++] = kScript;
  }
  return ready[random_.below(count)];
}

// False when nobody will ever act again.
bool World::turn() {
  const std::int64_t next_ns = earliest_ns();
  if (next_ns == kNever) return false;
  turns_in_place_ = next_ns > clock_.monotonic_ns() ? 0 : turns_in_place_ + 1;
  require(turns_in_place_ < kMostTurnsInPlace, Invariant::kProgress,
          "the same instant goes on for ever");
  clock_.move_to(next_ns);
  const std::size_t chosen = choose();
  if (chosen == kEvaluator) {
    evaluate();
  } else if (chosen == kReloader) {
    go_on_with_reload();
  } else if (chosen == kScript) {
    take_step(scenario_.steps[next_step_++]);
  } else {
    step_shard(static_cast<std::uint32_t>(chosen));
  }
  if (evaluator_ns_ == kNever) look_whether_raised();
  return true;
}

// A shard whose wait is over: the first step ends that wait, the ones after it act on what came.
void World::step_shard(std::uint32_t shard) {
  Actor& actor = actors_[shard];
  if (actor.over) return;
  actor.ring->resume();
  actor.over = !shards_[shard]->step();
  const sched::ShardStatistics statistics = shards_[shard]->statistics();
  const bool slots_short = statistics.due > 0 && statistics.in_flight == scenario_.shard.slots;
  if (slots_short) faults_.count(Fault::kSlotsShort);
}

// As a signal would: the shard looks at its clock, finds nothing to do, and waits again. What is
// asked of it next reaches it at the present time, not at that of its last look, and only if
// somebody wakes it.
void World::interrupt(std::uint32_t shard) {
  constexpr int kMostSteps = 100;
  step_shard(shard);
  const Actor& actor = actors_[shard];
  for (int i = 0; i < kMostSteps && !actor.over && !actor.ring->waiting(); ++i) step_shard(shard);
  // One that waits for room among the outcomes finds it only after a look at its clock.
  if (shards_[shard]->statistics().finished > 0) step_shard(shard);
}

void World::drain() {
  if (canary_ != Canary::kIgnoresDrain) {
    evaluator_->drain();
    for (const auto& shard : shards_) shard->drain();
  }
  draining_ = true;
  model_->drained();
}

void World::take_step(const Step& step) {
  trace_.add(clock_.monotonic_ns(),
             {What::kScript, 0, static_cast<std::uint64_t>(step.kind), step.value});
  switch (step.kind) {
    case Step::Kind::kWallStep:
      faults_.count(Fault::kWallSteps);
      clock_.step_wall(step.value);
      return;
    case Step::Kind::kSinkBreaks:
      faults_.count(Fault::kSinkBreaks);
      sink_->breaks = true;
      sink_ns_ = clock_.monotonic_ns() + sched::limits::kSinkTickNs;
      return;
    case Step::Kind::kDrain:
      faults_.count(Fault::kDrain);
      drain();
      return;
    case Step::Kind::kAbort:
      faults_.count(Fault::kAbort);
      for (std::uint32_t i = 0; i < shards_.size(); ++i) interrupt(i);
      drain();
      for (const auto& shard : shards_) shard->abort();
      model_->aborted();
      return;
    case Step::Kind::kReload:
      ask_for_reload(step.value);
      return;
  }
}

// ---- the evaluator ----------------------------------------------------------------------------

// Without taking any: what was popped is pushed again, once around.
bool World::outcomes_wait() {
  for (const auto& shard : shards_) {
    auto& ring = shard->outcomes();
    std::array<engine::Outcome, 1> first;
    if (ring.pop(first) == 0) continue;
    std::vector<engine::Outcome> others(ring.capacity());
    others.resize(ring.pop(others));
    (void)ring.push(first[0]);
    for (const engine::Outcome& outcome : others) (void)ring.push(outcome);
    return true;
  }
  return false;
}

// It sleeps until somebody raises its wakeup. That it would look again by itself, in time for the
// sink, is left out: so a wake-up that is lost shows.
void World::look_whether_raised() {
  if (!wakeup_.raised()) return;
  if (canary_ == Canary::kLosesWakeup && ++raises_ % 5 == 0) {
    wakeup_.prepare();
    return;
  }
  evaluator_ns_ = clock_.monotonic_ns();
  behind_since_ns_ = std::min(behind_since_ns_, evaluator_ns_);
  if (canary_ == Canary::kHoldsOutcome) evaluator_ns_ += kSecond;
  if (faults_.strikes(Fault::kEvaluatorStalls, random_)) {
    const std::int64_t stall_ns = random_.between(0, kLongestStallNs);
    longest_stall_ns_ = std::max(longest_stall_ns_, stall_ns);
    evaluator_ns_ += stall_ns;
  }
}

void World::evaluate() {
  trace_.add(clock_.monotonic_ns(), {What::kEvaluate});
  evaluator_ns_ = sink_ns_ = kNever;
  bool full = false;
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    interrupt(i);
    show_outcomes(i);
    full = full || actors_[i].shown == scenario_.shard.outcome_ring;
  }
  while (!evaluator_->may_sleep() && !evaluator_->over()) {
  }
  model_->evaluated();
  if (!full) behind_since_ns_ = kNever;
}

// Passes by the model's eyes what the evaluator is about to take.
void World::show_outcomes(std::uint32_t shard) {
  auto& ring = shards_[shard]->outcomes();
  std::vector<engine::Outcome> outcomes(ring.capacity());
  outcomes.resize(ring.pop(outcomes));
  if (outcomes.size() == ring.capacity()) faults_.count(Fault::kOutcomesWait);
  const bool held = canary_ == Canary::kHoldsOutcome;
  const std::int64_t waited_ns =
      held ? 0 : std::max<std::int64_t>(clock_.monotonic_ns() - behind_since_ns_, 0);
  actors_[shard].shown = 0;
  for (engine::Outcome& outcome : outcomes) {
    const bool chosen = ++outcomes_shown_ % 5 == 0 && !outcome.retry_cut;
    if (chosen && canary_ == Canary::kDropsOutcome) {
      outcome.release_payload();
      continue;
    }
    if (chosen && canary_ == Canary::kSpoilsPhases) {
      outcome.times.connect_ns = outcome.times.total_ns + 1;
    }
    engine::Outcome told = outcome;
    told.monitor = number_of(outcome.monitor);
    model_->outcome(shard, told, waited_ns);
    if (chosen && canary_ == Canary::kDoublesOutcome) model_->outcome(shard, told, waited_ns);
    (void)ring.push(outcome);
    ++actors_[shard].shown;
  }
}

}  // namespace tracer::sim
