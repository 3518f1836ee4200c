#include "sched/reload.h"

#include <algorithm>
#include <utility>

#include "engine/monitor_revision.h"

namespace tracer::sched {
namespace {

using engine::MonitorRevision;
using engine::MonitorSet;

tl::expected<Changes, std::string> changes_of(const MonitorRevision& revision,
                                              const MonitorSet& earlier,
                                              const ConfigurationRef& next,
                                              std::string_view location, std::size_t shards) {
  Changes changes;
  changes.evaluator = {next, revision.removed, revision.added, revision.changed};
  changes.shards.resize(shards);
  for (ShardChange& shard : changes.shards) {
    auto contexts = engine::TlsContexts::create(next->monitors);
    if (!contexts) return tl::unexpected(contexts.error());
    shard.contexts = std::move(*contexts);
    shard.configuration = next;
  }
  for (const std::uint32_t index : revision.removed) {
    if (!is_for(earlier, index, location)) continue;
    changes.shards[shard_of(earlier, index, shards)].removed.push_back(index);
  }
  for (const std::uint32_t index : revision.added) {
    if (!is_for(next->monitors, index, location)) continue;
    changes.shards[shard_of(next->monitors, index, shards)].added.push_back(index);
  }
  const std::size_t changed = revision.changed.size();
  changes.difference = {revision.added.size() - changed, revision.removed.size() - changed, changed,
                        revision.unchanged};
  return changes;
}

}  // namespace

bool is_for(const MonitorSet& monitors, std::uint32_t index, std::string_view location) {
  const engine::Monitor& monitor = monitors.at(index);
  const auto& locations = monitors.policy(monitor).locations;
  return monitor.enabled &&
         (locations.empty() || std::ranges::find(locations, location) != locations.end());
}

std::vector<std::uint32_t> monitors_for(const MonitorSet& monitors, std::string_view location) {
  std::vector<std::uint32_t> selection;
  for (std::uint32_t i = 0; i < monitors.size(); ++i) {
    if (is_for(monitors, i, location)) selection.push_back(i);
  }
  return selection;
}

std::size_t shard_of(const MonitorSet& monitors, std::uint32_t index, std::size_t shards) {
  return monitors.at(index).id_hash % shards;
}

tl::expected<Changes, std::string> plan_changes(Standing& standing, MonitorSet monitors,
                                                std::string_view location, std::size_t shards) {
  const ConfigurationRef earlier = standing.configuration;
  std::vector<std::uint32_t> forgotten = standing.forgotten;
  MonitorRevision revision = engine::revise(earlier->monitors, std::move(monitors), forgotten);
  const auto next = Configuration::load(std::move(revision.monitors));
  if (!next) return tl::unexpected(next.error());
  auto changes = changes_of(revision, earlier->monitors, *next, location, shards);
  if (!changes) return changes;
  for (const std::uint32_t index : revision.removed) {
    if (!is_for(earlier->monitors, index, location)) forgotten.push_back(index);
  }
  standing = {*next, std::move(forgotten)};
  return changes;
}

tl::expected<Changes, std::string> plan_renewal(Standing& standing, std::size_t shards) {
  const auto next = standing.configuration->renewed();
  if (!next) return tl::unexpected(next.error());
  auto changes = changes_of({}, standing.configuration->monitors, *next, {}, shards);
  if (changes) standing.configuration = *next;
  return changes;
}

Transition::Transition(Changes changes, Evaluator& evaluator,
                       std::vector<std::unique_ptr<Shard>>& shards, Wakeup& wakeup)
    : changes_(std::move(changes)), evaluator_(evaluator), shards_(shards), wakeup_(wakeup) {}

Transition::Stage Transition::advance() {
  if (stage_ == Stage::kBegun) {
    evaluator_.change().give(changes_.evaluator);
    wakeup_.raise();
    stage_ = Stage::kEvaluator;
  }
  if (stage_ == Stage::kEvaluator && evaluator_.change().done()) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      shards_[i]->change().give(changes_.shards[i]);
      shards_[i]->wake();
    }
    stage_ = Stage::kShards;
  }
  const auto done = [](const auto& shard) { return shard->change().done(); };
  if (stage_ == Stage::kShards && std::ranges::all_of(shards_, done)) stage_ = Stage::kOver;
  return stage_;
}

}  // namespace tracer::sched
