#include "tools/tracer/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/clock.h"
#include "engine/epoll_ring.h"
#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"
#include "tools/tracer/control/run_sample.h"
#include "tools/tracer/reloader.h"
#include "tools/tracer/sinks/overload_sink.h"
#include "tools/tracer/sinks/service_manager_sink.h"
#include "tools/tracer/sinks/sink_list.h"
#include "tools/tracer/sinks/stats_sink.h"

namespace tracer::cli {

// Each shard has its part of a bound, so there are no more shards than the smallest one.
sched::FleetOptions fleet_options(const SweepOptions& options, std::uint32_t monitors,
                                  const engine::Clock& clock) {
  const RingChoice choice = choose_ring(options.ring);
  if (!choice.warning.empty()) fmt::print(stderr, "tracer: {}\n", choice.warning);
  const std::uint32_t most_shards =
      options.per_address_in_flight != 0 ? options.per_address_in_flight : UINT32_MAX;
  const std::uint32_t cores =
      std::min(std::max(1U, std::thread::hardware_concurrency()), most_shards);
  const std::uint32_t descriptors = descriptor_limit();
  // A run that goes on may be given more monitors than it starts with.
  const std::uint32_t most_monitors = options.once ? monitors : RingDemand::kAnyNumber;
  const RingPlan plan = plan_rings(
      choice.kind, {options.in_flight, most_monitors, std::min(options.shards, most_shards), cores},
      descriptors);
  if (plan.cut) {
    fmt::print(stderr,
               "tracer: at most {} checks under way at a time, not {}: only {} descriptors are "
               "allowed (raise RLIMIT_NOFILE)\n",
               plan.rings * plan.slots, options.in_flight, descriptors);
  }
  sched::FleetOptions fleet;
  fleet.shards = plan.rings;
  fleet.pin = plan.rings > 1 && plan.rings % cores == 0;  // as many on one core as on any other
  fleet.shard.slots = plan.slots;
  fleet.shard.egress = options.egress;
  fleet.shard.repetition = options.once ? sched::Repetition::kOnce : sched::Repetition::kForEver;
  fleet.shard.starts_per_second = (options.starts_per_second + fleet.shards - 1) / fleet.shards;
  if (options.per_address_in_flight != 0) {
    fleet.shard.per_address.in_flight = std::max(1U, options.per_address_in_flight / fleet.shards);
  }
  if (options.per_address_rate != 0) {
    fleet.shard.per_address.start_interval_ns =
        std::int64_t{1'000'000'000} * fleet.shards / options.per_address_rate;
  }
  fleet.parts.clock = &clock;
  const bool epoll = choice.kind == RingKind::kEpoll;
  fleet.parts.ring = epoll ? engine::create_epoll_ring : engine::create_uring_ring;
  if (options.resets) {
    fleet.parts.ring =
        epoll ? engine::create_resetting_epoll_ring : engine::create_resetting_uring_ring;
  }
  fleet.parts.resolver =
      [servers = options.resolvers](
          engine::Ring& ring) -> tl::expected<std::unique_ptr<engine::NameResolver>, std::string> {
    engine::Resolver::Options resolver;
    resolver.servers = servers;
    return engine::Resolver::create(resolver, ring);
  };
  return fleet;
}

namespace {

// Of a single sweep; says so where it was stopped early.
ExitStatus status_of(const sched::SweepSummary& summary, std::uint32_t expected) {
  if (summary.reports < expected) {
    fmt::print(stderr, "tracer: stopped early: {} of {} monitors were checked\n", summary.reports,
               expected);
  }
  const auto count = [&summary](engine::Verdict verdict) {
    return summary.by_verdict[static_cast<std::size_t>(verdict)];
  };
  if (count(engine::Verdict::kDown) > 0) return kSomeFailed;
  if (count(engine::Verdict::kUnknown) > 0 || summary.reports < expected) return kOwnTrouble;
  return kAllUp;
}

// The first signal asks to stop gently, the second at once.
void stop(sched::Fleet& fleet, const ServiceManagerSink& manager, int signals) {
  manager.stopping();
  if (signals > 1) {
    fleet.abort();
    return;
  }
  fmt::print(stderr, "tracer: ending when what is under way has ended; again to end at once\n");
  fleet.drain();
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
  OverloadSink overload(clock);
  StateSink state(options.state, clock,
                  [](const std::string& line) { fmt::print(stderr, "tracer: {}\n", line); });
  SinkList sinks({&sink, &stats, &overload, &manager, &state});
  sched::FleetOptions fleet_of = fleet_options(options, expected, clock);
  fleet_of.location = location;
  fleet_of.on_started = [&manager] { manager.ready(); };
  sched::HistoryBook known = state.restore(configuration->monitors);
  sched::Fleet fleet(fleet_of, std::move(configuration), sinks);
  stats.watch([&fleet] { return sample_of(fleet); });
  overload.watch(fleet);
  fleet.restore(std::move(known));
  state.watch([&fleet] { return known_of(fleet); }, sink);
  std::optional<Reloader> reloader;
  if (!options.once) {
    reloader.emplace(
        Reloader::Options{source.files, source.import, location, options.watch, options.ca_reload},
        fleet);
  }
  ControlHandlers handlers;
  handlers.sample = [&fleet] { return sample_of(fleet); };
  handlers.reload = [&reloader] {
    if (!reloader) return ReloadResult(tl::unexpected(std::vector<std::string>{"a single sweep"}));
    return reloader->request().get();
  };
  auto control = start_control(options.control, std::move(handlers));
  if (!control) {
    fmt::print(stderr, "tracer: {}\n", control.error());
    return kOwnTrouble;
  }
  const auto on_stop = [&fleet, &manager](int count) { stop(fleet, manager, count); };
  const auto on_hangup = [&reloader] { (void)reloader->request(); };
  signals.attach(on_stop, reloader ? std::function<void()>(on_hangup) : nullptr);
  const auto summary = fleet.run();
  const bool aborted = signals.count() > 1;
  signals.release();
  control->reset();  // before what its handlers use
  reloader.reset();
  if (!summary) {  // nothing was checked, and there is nothing to sum up
    fmt::print(stderr, "tracer: {}\n", summary.error());
    return kOwnTrouble;
  }
  if (const auto finished = sinks.finish(); !finished) {
    fmt::print(stderr, "tracer: {}\n", finished.error());
    return kOwnTrouble;
  }
  if (!options.once) return aborted ? kOwnTrouble : kAllUp;
  return status_of(*summary, expected);
}

}  // namespace tracer::cli
