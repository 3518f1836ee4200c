#include "tools/tracer/sweep.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tools/tracer/reloader.h"
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
  // A run that goes on may be given more monitors than it starts with.
  const std::uint32_t enough = options.once ? monitors / 64 + 1 : cores;
  fleet.shards = options.shards != 0 ? options.shards : std::min(cores, enough);
  fleet.shards = std::min(fleet.shards, options.in_flight);
  fleet.pin = fleet.shards > 1 && fleet.shards == cores;
  fleet.shard.slots = std::min(options.in_flight / fleet.shards, most_slots());
  if (options.once) fleet.shard.slots = std::min(fleet.shard.slots, monitors);
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

StateSink::Known known_of(const sched::Fleet& fleet) {
  const sched::ConfigurationRef& evaluated = fleet.evaluated();
  return {{evaluated, &evaluated->monitors}, fleet.histories()};
}

}  // namespace

ExitStatus run_sweep(sched::ConfigurationRef configuration, const std::string& location,
                     const SweepSource& source, const SweepOptions& options, Signals& signals,
                     sched::ReportSink& sink) {
  const engine::SystemClock clock;
  const auto expected =
      static_cast<std::uint32_t>(sched::monitors_for(configuration->monitors, location).size());
  StatsSink stats(options.stats_interval_ms * 1'000'000, clock);
  ServiceManagerSink manager(ServiceManagerSink::read_environment(), clock);
  StateSink state(options.state, clock,
                  [](const std::string& line) { fmt::print(stderr, "tracer: {}\n", line); });
  SinkList sinks({&sink, &stats, &manager, &state});
  sched::FleetOptions fleet_of = fleet_options(options, expected, clock);
  fleet_of.location = location;
  fleet_of.on_started = [&manager] { manager.ready(); };
  sched::HistoryBook known = state.restore(configuration->monitors);
  sched::Fleet fleet(fleet_of, std::move(configuration), sinks);
  stats.watch(fleet);
  fleet.restore(std::move(known));
  state.watch([&fleet] { return known_of(fleet); }, sink);
  std::optional<Reloader> reloader;
  if (!options.once) {
    reloader.emplace(Reloader::Options{source.files, source.import, location, options.watch},
                     fleet);
  }
  const auto on_stop = [&fleet, &manager](int count) {
    manager.stopping();
    if (count > 1) {
      fleet.abort();
      return;
    }
    fmt::print(stderr, "tracer: ending when what is under way has ended; again to end at once\n");
    fleet.drain();
  };
  const auto on_hangup = [&reloader] { (void)reloader->request(); };
  signals.attach(on_stop, reloader ? std::function<void()>(on_hangup) : nullptr);
  const auto summary = fleet.run();
  const bool aborted = signals.count() > 1;
  signals.release();
  reloader.reset();
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
