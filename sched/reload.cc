// Fleet::reload(): from one configuration to the next while everything goes on.
#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <utility>

#include "engine/monitor_revision.h"
#include "sched/fleet.h"
#include "sched/limits.h"

namespace tracer::sched {
namespace {

using engine::MonitorRevision;
using engine::MonitorSet;

// What the evaluator and each shard has to do to follow.
struct Changes {
  EvaluatorChange evaluator;
  std::vector<ShardChange> shards;
};

tl::expected<Changes, std::string> changes_of(const MonitorRevision& revision,
                                              const MonitorSet& earlier,
                                              const ConfigurationRef& next,
                                              const FleetOptions& options) {
  Changes changes;
  changes.evaluator = {next, revision.removed, revision.added, revision.changed};
  changes.shards.resize(options.shards);
  for (ShardChange& shard : changes.shards) {
    auto contexts = engine::TlsContexts::create(next->monitors);
    if (!contexts) return tl::unexpected(contexts.error());
    shard.contexts = std::move(*contexts);
    shard.configuration = next;
  }
  const auto shard_of = [&](const MonitorSet& monitors, std::uint32_t index) -> ShardChange& {
    return changes.shards[monitors.at(index).id_hash % options.shards];
  };
  for (const std::uint32_t index : revision.removed) {
    if (is_for(earlier, index, options.location)) {
      shard_of(earlier, index).removed.push_back(index);
    }
  }
  std::unordered_map<std::uint32_t, std::uint32_t> predecessors;
  for (const auto& [before, now] : revision.changed) predecessors.emplace(now, before);
  for (const std::uint32_t index : revision.added) {
    if (!is_for(next->monitors, index, options.location)) continue;
    const auto found = predecessors.find(index);
    shard_of(next->monitors, index)
        .added.push_back({index, found == predecessors.end() ? Schedule::kNobody : found->second});
  }
  return changes;
}

}  // namespace

tl::expected<Difference, std::string> Fleet::reload(MonitorSet monitors) {
  const std::lock_guard lock(reload_mutex_);
  if (!running_.load() || draining_.load() || aborting_.load()) {
    return tl::unexpected(std::string("the run has not begun, or is ending"));
  }
  const ConfigurationRef earlier = configuration_;
  for (const auto& shard : shards_) shard->take_departed(forgotten_);
  std::vector<std::uint32_t> forgotten = forgotten_;
  MonitorRevision revision = engine::revise(earlier->monitors, std::move(monitors), forgotten);
  const auto next = Configuration::load(std::move(revision.monitors));
  if (!next) return tl::unexpected(next.error());
  auto changes = changes_of(revision, earlier->monitors, *next, options_);
  if (!changes) return tl::unexpected(changes.error());
  forgotten_ = std::move(forgotten);
  for (const std::uint32_t index : revision.removed) {
    if (!is_for(earlier->monitors, index, options_.location)) forgotten_.push_back(index);
  }
  configuration_ = *next;

  const auto await = [this](const auto& handover) {
    while (!handover.done() && !ended_.load(std::memory_order_acquire)) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(limits::kChangePollNs));
    }
  };
  evaluator_->change().give(changes->evaluator);
  wakeup_.raise();
  await(evaluator_->change());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->change().give(changes->shards[i]);
    shards_[i]->wake();
  }
  for (const auto& shard : shards_) await(shard->change());
  const std::size_t changed = revision.changed.size();
  return Difference{revision.added.size() - changed, revision.removed.size() - changed, changed,
                    revision.unchanged};
}

}  // namespace tracer::sched
