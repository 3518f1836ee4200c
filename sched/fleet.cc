#include "sched/fleet.h"

#include <pthread.h>
#include <sched.h>

#include <cassert>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "engine/tls_assets.h"
#include "sched/limits.h"

namespace tracer::sched {
namespace {

// The cores this process may use, in order.
std::vector<int> usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

void pin_this_thread(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace

Fleet::Fleet(const FleetOptions& options, ConfigurationRef configuration, ReportSink& sink)
    : options_(options), standing_{std::move(configuration), {}}, sink_(sink) {}
Fleet::~Fleet() = default;

void Fleet::make_shards() {
  const engine::MonitorSet& monitors = standing_.configuration->monitors;
  const std::vector<std::uint32_t> indices = monitors_for(monitors, options_.location);
  std::vector<std::vector<std::uint32_t>> shares(options_.shards);
  for (const std::uint32_t index : indices) {
    shares[shard_of(monitors, index, options_.shards)].push_back(index);
  }
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    ShardOptions options = options_.shard;
    if (options.load) {  // every shard makes a part of it, on the same monitor
      shares[i] = indices;
      options.load->shard = i;
      options.load->shards = options_.shards;
      options.slots = static_cast<std::uint32_t>(options.load->part_of(options.load->in_flight));
    }
    shards_.push_back(std::make_unique<Shard>(options, options_.parts, standing_.configuration,
                                              std::move(shares[i]), wakeup_));
  }
}

// Every shard is prepared on its own thread; they run once all of them could be, or none does.
tl::expected<void, std::string> Fleet::start_threads() {
  const std::vector<int> cores = options_.pin ? usable_cores() : std::vector<int>{};
  std::promise<bool> verdict;
  const std::shared_future<bool> go = verdict.get_future().share();
  std::vector<std::future<tl::expected<void, std::string>>> prepared;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    std::promise<tl::expected<void, std::string>> promise;
    prepared.push_back(promise.get_future());
    const int core = cores.empty() ? -1 : cores[i % cores.size()];
    threads_.emplace_back(
        [shard = shards_[i].get(), core, go, promise = std::move(promise)]() mutable {
          if (core >= 0) pin_this_thread(core);
          promise.set_value(shard->prepare());
          if (go.get()) shard->run();
        });
  }
  tl::expected<void, std::string> result;
  for (auto& future : prepared) {
    if (auto one = future.get(); !one && result) result = one;
  }
  if (result) {
    running_.store(true);
    // Asked for before there was anything to end: then nothing begins.
    if (draining_.load()) drain();
    if (aborting_.load()) abort();
  }
  verdict.set_value(result.has_value());
  return result;
}

void Fleet::stop_threads() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

tl::expected<SweepSummary, std::string> Fleet::run() {
  make_shards();
  evaluator_ = std::make_unique<Evaluator>(standing_.configuration, shards_, sink_, wakeup_,
                                           *options_.parts.clock);
  made_ns_ = options_.parts.clock->monotonic_ns();
  made_.store(true, std::memory_order_release);
  assert(restored_.size() == 0 || restored_.size() == standing_.configuration->monitors.size());
  if (restored_.size() != 0) evaluator_->histories() = std::move(restored_);
  if (auto started = start_threads(); !started) {
    stop_threads();
    return tl::unexpected(started.error());
  }
  if (options_.on_started) options_.on_started();
  evaluator_->run();
  running_.store(false);
  for (const auto& shard : shards_) shard->stop();
  stop_threads();
  ended_.store(true, std::memory_order_release);
  const std::lock_guard no_reload(reload_mutex_);
  return evaluator_->summary();
}

tl::expected<Difference, std::string> Fleet::reload(engine::MonitorSet monitors) {
  return go_over([&] {
    return plan_changes(standing_, std::move(monitors), options_.location, shards_.size());
  });
}

tl::expected<void, std::string> Fleet::renew_certificates() {
  const auto renewed = go_over([&] { return plan_renewal(standing_, shards_.size()); });
  if (!renewed) return tl::unexpected(renewed.error());
  return {};
}

std::set<std::string> Fleet::certificate_files() const {
  const std::lock_guard lock(reload_mutex_);
  return engine::certificate_files(standing_.configuration->monitors);
}

tl::expected<Difference, std::string> Fleet::go_over(
    const std::function<tl::expected<Changes, std::string>()>& plan) {
  const std::lock_guard lock(reload_mutex_);
  if (!running_.load() || draining_.load() || aborting_.load()) {
    return tl::unexpected(std::string("the run has not begun, or is ending"));
  }
  for (const auto& shard : shards_) shard->take_departed(standing_.forgotten);
  auto changes = plan();
  if (!changes) return tl::unexpected(changes.error());
  Transition transition(std::move(*changes), *evaluator_, shards_, wakeup_);
  while (transition.advance() != Transition::Stage::kOver &&
         !ended_.load(std::memory_order_acquire)) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(limits::kChangePollNs));
  }
  return transition.difference();
}

Snapshot Fleet::snapshot() const {
  Snapshot snapshot;
  if (!made_.load(std::memory_order_acquire)) return snapshot;
  snapshot.uptime_ns = options_.parts.clock->monotonic_ns() - made_ns_;
  snapshot.shard_count = shards_.size();
  snapshot.slots = std::uint64_t{options_.shard.slots} * shards_.size();
  // Before the shards: what is reported by now has begun by then.
  snapshot.evaluated = evaluator_->published();
  for (const auto& shard : shards_) {
    snapshot.begun += shard->checks_started();
    snapshot.outcomes += shard->outcomes().size();
    snapshot.shards += shard->statistics();
    shard->lateness().add_to(snapshot.lateness);
  }
  return snapshot;
}

Restraints Fleet::restraints() const {
  Restraints restraints;
  for (const auto& shard : shards_) restraints += shard->restraints();
  return restraints;
}

void Fleet::drain() {
  draining_.store(true);
  if (!running_.load()) return;
  evaluator_->drain();
  for (const auto& shard : shards_) shard->drain();
}

void Fleet::abort() {
  aborting_.store(true);
  if (!running_.load()) return;
  evaluator_->drain();
  for (const auto& shard : shards_) shard->abort();
}

}  // namespace tracer::sched
