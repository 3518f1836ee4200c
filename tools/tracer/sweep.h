// Runs a set of monitors, once or for ever, with the real kernel, resolver and clock, stops gently
// on a signal, and says how it ended. Called by commands, on the main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/egress_policy.h"
#include "sched/configuration.h"
#include "sched/fleet.h"
#include "sched/report_sink.h"
#include "tools/tracer/control/run_control.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/import/import.h"
#include "tools/tracer/ring_plan.h"
#include "tools/tracer/signals.h"
#include "tools/tracer/state/state_sink.h"

namespace tracer::cli {

struct SweepOptions {
  RingKind ring = RingKind::kAuto;
  std::uint32_t shards = 0;        // 0: one a core, and more where in_flight needs more rings
  std::uint32_t in_flight = 4096;  // probes at a time, over all shards
  bool once = true;
  bool watch = false;                       // reads the documents again when they change
  bool ca_reload = false;                   // likewise the files of certificates
  std::uint32_t starts_per_second = 0;      // 0: no bound; over all shards
  std::uint32_t per_address_in_flight = 0;  // 0: no bound; over all shards
  std::uint32_t per_address_rate = 0;       // starts per second; 0: no bound; over all shards
  std::int64_t stats_interval_ms = 0;       // 0: no statistics
  bool resets = false;                      // connections are reset when they end
  std::vector<std::string> resolvers;       // "127.0.0.1:5353"; empty: the system's
  engine::EgressPolicy egress;
  ControlOptions control;
  StateOptions state;
};

// Where a run's monitors come from, when they can be read again.
struct SweepSource {
  std::vector<std::string> files;
  import::ImportOptions import;
};

// The shards that a sweep over so many monitors needs, and what they are made of. Where that is
// less than was asked for, or not what is best, a message says so. The clock outlives the fleet.
sched::FleetOptions fleet_options(const SweepOptions& options, std::uint32_t monitors,
                                  const engine::Clock& clock);

// Checks the monitors that are enabled for `location`. Messages go to standard error.
ExitStatus run_sweep(sched::ConfigurationRef configuration, const std::string& location,
                     const SweepSource& source, const SweepOptions& options, Signals& signals,
                     sched::ReportSink& sink);

}  // namespace tracer::cli
