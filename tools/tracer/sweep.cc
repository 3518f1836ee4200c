#include "tools/tracer/sweep.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <utility>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"

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
  sched::Fleet fleet(fleet_options(options, expected, clock), monitors, std::move(selection), sink);
  signals.attach([&fleet](int count) { count == 1 ? fleet.drain() : fleet.abort(); });
  const auto summary = fleet.run();
  signals.release();
  if (!summary) {  // nothing was checked, and there is nothing to sum up
    fmt::print(stderr, "tracer: {}\n", summary.error());
    return kOwnTrouble;
  }
  const auto finished = sink.finish();
  if (!finished) {
    fmt::print(stderr, "tracer: {}\n", finished.error());
    return kOwnTrouble;
  }
  if (summary->reports < expected) {
    fmt::print(stderr, "tracer: stopped early: {} of {} monitors were checked\n", summary->reports,
               expected);
  }
  return status_of(*summary, expected);
}

}  // namespace tracer::cli
