#include "tools/tracer/sweep.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tools/tracer/sinks/service_manager_sink.h"
#include "tools/tracer/sinks/sink_list.h"
#include "tools/tracer/sinks/stats_sink.h"

namespace tracer::cli {
namespace {

// A ring's table of sockets may have as many entries as the process may have descriptors. The soft
// limit is no bound: liburing raises it.
std::uint32_t most_slots() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT32_MAX;
  return static_cast<std::uint32_t>(std::clamp<rlim_t>(limit.rlim_max, 1, UINT32_MAX));
}

// No more threads than there is work for, and never more slots than monitors or than are allowed.
sched::FleetOptions fleet_options(const SweepOptions& options, std::uint32_t monitors,
                                  const engine::Clock& clock) {
  sched::FleetOptions fleet;
  const std::uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
  fleet.shards = options.shards != 0 ? options.shards : std::min(cores, monitors / 64 + 1);
  fleet.shards = std::min(fleet.shards, options.in_flight);
  fleet.pin = fleet.shards > 1 && fleet.shards == cores;
  fleet.shard.slots = std::min({options.in_flight / fleet.shards, monitors, most_slots()});
  fleet.shard.egress = options.egress;
  fleet.shard.repetition = options.once ? sched::Repetition::kOnce : sched::Repetition::kForEver;
  fleet.shard.starts_per_second = (options.starts_per_second + fleet.shards - 1) / fleet.shards;
  fleet.parts.clock = &clock;
  fleet.parts.ring = [](std::uint32_t slots) { return engine::create_uring_ring(slots); };
  fleet.parts.resolver =
      [servers = options.resolvers](
          engine::Ring& ring) -> tl::expected<std::unique_ptr<engine::NameResolver>, std::string> {
    engine::Resolver::Options resolver;
    resolver.servers = servers;
    return engine::Resolver::create(resolver, ring);
  };
  return fleet;
}

ExitStatus status_of(const sched::SweepSummary& summary, std::uint32_t expected) {
  const auto count = [&summary](engine::Verdict verdict) {
    return summary.by_verdict[static_cast<std::size_t>(verdict)];
  };
  if (count(engine::Verdict::kDown) > 0) return kSomeFailed;
  if (count(engine::Verdict::kUnknown) > 0 || summary.reports < expected) return kOwnTrouble;
  return kAllUp;
}

}  // namespace

ExitStatus run_sweep(const engine::MonitorSet& monitors, std::vector<std::uint32_t> selection,
                     const SweepOptions& options, Signals& signals, sched::ReportSink& sink) {
  const engine::SystemClock clock;
  const auto expected = static_cast<std::uint32_t>(selection.size());
  StatsSink stats(options.stats_interval_ms * 1'000'000, clock);
  ServiceManagerSink manager(ServiceManagerSink::read_environment(), clock);
  StateSink state(options.state, monitors, clock,
                  [](const std::string& line) { fmt::print(stderr, "tracer: {}\n", line); });
  SinkList sinks({&sink, &stats, &manager, &state});
  sched::FleetOptions fleet_of = fleet_options(options, expected, clock);
  fleet_of.on_started = [&manager] { manager.ready(); };
  sched::Fleet fleet(fleet_of, monitors, std::move(selection), sinks);
  stats.watch(fleet);
  fleet.restore(state.restore());
  state.watch([&fleet]() -> const sched::HistoryBook& { return fleet.histories(); }, sink);
  signals.attach([&fleet, &manager](int count) {
    manager.stopping();
    if (count > 1) {
      fleet.abort();
      return;
    }
    fmt::print(stderr, "tracer: ending when what is under way has ended; again to end at once\n");
    fleet.drain();
  });
  const auto summary = fleet.run();
  const bool aborted = signals.count() > 1;
  signals.release();
  if (!summary) {  // nothing was checked, and there is nothing to sum up
    fmt::print(stderr, "tracer: {}\n", summary.error());
    return kOwnTrouble;
  }
  const auto finished = sinks.finish();
  if (!finished) {
    fmt::print(stderr, "tracer: {}\n", finished.error());
    return kOwnTrouble;
  }
  if (!options.once) return aborted ? kOwnTrouble : kAllUp;
  if (summary->reports < expected) {
    fmt::print(stderr, "tracer: stopped early: {} of {} monitors were checked\n", summary->reports,
               expected);
  }
  return status_of(*summary, expected);
}

}  // namespace tracer::cli
