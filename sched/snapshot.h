// How a run is doing: what its shards and its evaluator tell of themselves, put together by
// Fleet::snapshot() on whichever thread asks. Values.
//
// All fields of what is published are 64 bits wide (sched/published.h). Counts are since the start
// of the run, so that two snapshots give the rates between them.
#pragma once

#include <array>
#include <cstdint>

#include "engine/failure.h"
#include "engine/name_resolver.h"
#include "engine/outcome.h"
#include "sched/histogram.h"

namespace tracer::sched {

// Published by a shard once a tick.
struct ShardStatistics {
  std::uint64_t monitors = 0;
  std::uint64_t skipped = 0;    // checks that came due while an earlier one waited or ran
  std::uint64_t in_flight = 0;  // probes; now
  std::uint64_t due = 0;        // checks and retries that could start but for a bound; now
  std::uint64_t finished = 0;   // outcomes that the outcome ring had no room for; now
  engine::NameStatistics names;
  std::uint64_t chain_hits = 0;  // chains judged whose signatures had been checked before
  std::uint64_t chain_misses = 0;

  ShardStatistics& operator+=(const ShardStatistics& other) {
    monitors += other.monitors;
    skipped += other.skipped;
    in_flight += other.in_flight;
    due += other.due;
    finished += other.finished;
    names += other.names;
    chain_hits += other.chain_hits;
    chain_misses += other.chain_misses;
    return *this;
  }
};

// Published by the evaluator whenever it has judged something, and what a run ends with.
struct SweepSummary {
  std::uint64_t reports = 0;
  std::array<std::uint64_t, 4> by_verdict{};  // indexed by engine::Verdict
  std::uint64_t retries = 0;
  std::uint64_t retries_cut = 0;      // not made: the next check came due, or the run ended
  std::uint64_t retries_waiting = 0;  // checks that wait for a retry or its outcome; now
  // Reports that are not up, indexed by engine::FailureCode.
  std::array<std::uint64_t, engine::kFailureCodeCount> by_failure{};
};

struct Snapshot {
  std::int64_t uptime_ns = 0;  // since the shards were made; 0 before
  std::uint64_t shard_count = 0;
  std::uint64_t slots = 0;       // probes that may be in flight, over all shards
  std::uint64_t begun = 0;       // checks; never less than evaluated.reports
  std::uint64_t outcomes = 0;    // in the outcome rings, not yet judged; now
  ShardStatistics shards;        // the sums over all shards
  Histogram::Counts lateness{};  // from a check's due time to its start
  SweepSummary evaluated;
};

}  // namespace tracer::sched
