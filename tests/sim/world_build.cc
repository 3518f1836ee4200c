// What a fleet is built of, over a world that is made up.

#include "tests/sim/world.h"
#include "tests/sim/world_sink.h"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tracer::sim {

engine::MonitorSet monitors_of(const Scenario& scenario, const Document& document) {
  engine::MonitorSetBuilder builder;
  for (const std::uint32_t number : document) {
    if (!builder.add(scenario.targets[number].spec)) {
      throw std::runtime_error("two monitors have one id");
    }
  }
  return std::move(builder).build();
}

namespace {

sched::ConfigurationRef configuration_of(const Scenario& scenario) {
  auto loaded = sched::Configuration::load(monitors_of(scenario, scenario.documents.front()));
  if (!loaded) throw std::runtime_error(loaded.error());
  return *loaded;
}

// One whose draws are not the seed's alone.
std::uint64_t script_seed(std::uint64_t seed, Canary canary) {
  if (canary != Canary::kForgetsSeed) return seed;
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Tells of every attempt twice.
class DoubleWatcher final : public ResolveWatcher {
 public:
  explicit DoubleWatcher(ResolveWatcher& watcher) : watcher_(watcher) {}
  void resolving(std::uint32_t shard, engine::Slot slot, std::string_view host) override {
    watcher_.resolving(shard, slot, host);
    watcher_.resolving(shard, slot, host);
  }

 private:
  ResolveWatcher& watcher_;
};

}  // namespace

World::World(const Scenario& scenario, Canary canary, Trace& trace)
    : scenario_(scenario),
      told_(doctored(scenario, canary)),
      canary_(canary),
      trace_(trace),
      faults_(scenario.faults),
      nth_(scenario.nth),
      random_(script_seed(scenario.seed, canary), 4),
      origin_ns_(clock_.monotonic_ns()),
      servers_(scenario.names, faults_, nth_, scenario.seed),
      network_(scenario, faults_),
      model_(std::make_unique<Model>(scenario_, servers_, clock_, faults_, trace_)),
      actors_(scenario.shards),
      sink_(std::make_unique<Sink>(*this)),
      standing_{configuration_of(told_), {}} {
  model_->outcomes_wait = [this] { return outcomes_wait(); };
  build_shards();
}

World::~World() = default;

std::unique_ptr<engine::Ring> World::make_ring(std::uint32_t shard, std::uint32_t slots) {
  const SimRing::Surroundings surroundings{clock_, faults_, trace_, network_, *model_, nth_};
  auto ring = std::make_unique<SimRing>(surroundings, shard, slots, scenario_.seed);
  actors_[shard].ring = ring.get();
  return doctored(std::move(ring), canary_);
}

std::unique_ptr<engine::NameResolver> World::make_resolver(std::uint32_t shard,
                                                           engine::Ring& ring) {
  auto client =
      std::make_unique<SimDnsClient>(servers_, clock_, *actors_[shard].ring, ring, trace_, shard);
  auto resolver = std::make_unique<engine::Resolver>(
      engine::Resolver::Options{}, std::move(client), engine::HostsFile(),
      [](const engine::IpAddress& destination) { return std::optional(destination); });
  actors_[shard].resolver = resolver.get();
  if (canary_ == Canary::kStartsTwice) watcher_ = std::make_unique<DoubleWatcher>(*model_);
  ResolveWatcher& watcher = watcher_ ? *watcher_ : *model_;
  return std::make_unique<WatchedResolver>(std::move(resolver), watcher, shard);
}

void World::build_shards() {
  std::vector<std::vector<std::uint32_t>> shares(scenario_.shards);
  const engine::MonitorSet& monitors = standing_.configuration->monitors;
  for (const std::uint32_t index : sched::monitors_for(monitors, kLocation)) {
    shares[sched::shard_of(monitors, index, shares.size())].push_back(index);
  }
  for (std::uint32_t i = 0; i < scenario_.shards; ++i) {
    const sched::ShardParts parts{[this, i](std::uint32_t slots) { return make_ring(i, slots); },
                                  [this, i](engine::Ring& ring) { return make_resolver(i, ring); },
                                  &clock_};
    shards_.push_back(std::make_unique<sched::Shard>(told_.shard, parts, standing_.configuration,
                                                     std::move(shares[i]), wakeup_));
    if (auto prepared = shards_.back()->prepare(); !prepared) {
      throw std::runtime_error(prepared.error());
    }
  }
  evaluator_ =
      std::make_unique<sched::Evaluator>(standing_.configuration, shards_, *sink_, wakeup_, clock_);
}

}  // namespace tracer::sim
