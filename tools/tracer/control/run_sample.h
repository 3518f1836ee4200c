// A run at one moment, and what two moments tell: the figures that the statistics line, `tracer
// top` and the control socket have in common. Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sched/fleet.h"
#include "sched/snapshot.h"
#include "tools/tracer/process_facts.h"

namespace tracer::cli {

struct RunSample {
  std::string version;  // of the tracer that runs
  sched::Snapshot run;
  ProcessFacts process;
};

RunSample sample_of(const sched::Fleet& fleet);  // now

// From `earlier` to `now`, of one process; from its start where `earlier` is an empty sample. What
// has no basis (no time, no checks, no questions) is nothing.
struct RunInterval {
  double seconds = 0;
  double checks_per_second = 0;
  std::array<double, 4> verdicts_per_second{};  // indexed by engine::Verdict
  std::array<double, engine::kFailureCodeCount> failures_per_second{};  // by engine::FailureCode
  sched::Histogram::Counts lateness{};
  std::uint64_t skipped = 0;
  std::optional<double> cpu_share;         // 1: one core
  std::optional<double> cpu_us_per_check;  // microseconds
  std::optional<double> name_hit_share;
  std::optional<double> chain_hit_share;
};

RunInterval interval_between(const RunSample& earlier, const RunSample& now);

// Those that have occurred, the most frequent ones between the two samples first; then those of the
// whole run.
std::vector<engine::FailureCode> frequent_failures(const RunSample& earlier, const RunSample& now);

// True when both are of one run. If not, `earlier` is no basis for what happened since.
bool same_run(const RunSample& earlier, const RunSample& now);

}  // namespace tracer::cli
