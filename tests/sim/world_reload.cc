// Reloads of a simulated fleet, as Fleet::reload() makes them: one at a time, by whoever looks
// after it every millisecond.

#include <stdexcept>
#include <utility>

#include "sched/limits.h"
#include "tests/sim/world.h"
#include "tests/sim/world_sink.h"

namespace tracer::sim {
namespace {

// An evaluator may stall before it hears of it, and again before it goes over.
constexpr std::int64_t kLongestReloadNs = 30 * kSecond;

}  // namespace

void World::ask_for_reload(std::int64_t document) {
  if (transition_) faults_.count(Fault::kReloadWaits);
  reloads_.push_back(document);
  if (!transition_) reload_ns_ = clock_.monotonic_ns();
}

bool World::begin_reload() {
  // A fleet that ends refuses it.
  if (draining_) reloads_.clear();
  if (reloads_.empty()) return false;
  const auto number = static_cast<std::size_t>(reloads_.front());
  reloads_.pop_front();
  for (const auto& shard : shards_) shard->take_departed(standing_.forgotten);
  auto changes = sched::plan_changes(
      standing_, monitors_of(retold(told_, number, canary_), told_.documents[number]), kLocation,
      shards_.size());
  if (!changes) throw std::runtime_error(changes.error());
  doctor(*changes, canary_);
  model_->reload_begins(scenario_.documents[number]);
  transition_ =
      std::make_unique<sched::Transition>(std::move(*changes), *evaluator_, shards_, wakeup_);
  reload_began_ns_ = clock_.monotonic_ns();
  return true;
}

void World::go_on_with_reload() {
  using Stage = sched::Transition::Stage;
  reload_ns_ = kNever;
  if (!transition_ && !begin_reload()) return;
  // Then a shard hears of it at the present time, with its next look around.
  for (std::uint32_t i = 0; i < shards_.size(); ++i) interrupt(i);
  const Stage before = transition_->stage();
  const Stage now = transition_->advance();
  if (before < Stage::kShards && now >= Stage::kShards) model_->shards_follow();
  if (now == Stage::kOver) transition_.reset();
  require(!transition_ || clock_.monotonic_ns() <= reload_began_ns_ + kLongestReloadNs,
          Invariant::kEnd, "a reload does not come to its end");
  if (transition_) {
    reload_ns_ = clock_.monotonic_ns() + sched::limits::kChangePollNs;
  } else if (!reloads_.empty()) {
    reload_ns_ = clock_.monotonic_ns();
  }
}

// Of an index, in the set of which the evaluator speaks.
std::uint32_t World::number_of(std::uint32_t index) const {
  const engine::MonitorSet& monitors = evaluator_->configuration()->monitors;
  require(index < monitors.size() && monitors.at(index).port >= kFirstPort, Invariant::kOneOutcome,
          "something of a monitor that was forgotten");
  return monitors.at(index).port - std::uint32_t{kFirstPort};
}

void World::check_histories() const {
  const engine::MonitorSet& monitors = evaluator_->configuration()->monitors;
  for (std::uint32_t index = 0; index < monitors.size(); ++index) {
    if (monitors.at(index).retired) continue;
    model_->check_history(number_of(index), evaluator_->histories().at(index));
  }
}

}  // namespace tracer::sim
