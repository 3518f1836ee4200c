// Runs one sweep over a set of monitors with the real kernel, resolver and clock, stops it gently
// on a signal, and says how it ended. Called by commands, on the main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/egress_policy.h"
#include "engine/monitor.h"
#include "sched/report_sink.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/signals.h"

namespace tracer::cli {

struct SweepOptions {
  std::uint32_t shards = 0;            // 0: one a core
  std::uint32_t in_flight = 4096;      // probes at a time, over all shards
  std::vector<std::string> resolvers;  // "127.0.0.1:5353"; empty: the system's
  engine::EgressPolicy egress;
};

// `selection`: ascending indices of the monitors to check. Messages go to standard error.
ExitStatus run_sweep(const engine::MonitorSet& monitors, std::vector<std::uint32_t> selection,
                     const SweepOptions& options, Signals& signals, sched::ReportSink& sink);

}  // namespace tracer::cli
