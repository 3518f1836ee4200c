// The numbers of a RunSample as a control socket names them: one table, by which snapshots are both
// written and read, so that the two cannot differ. Pure.
#pragma once

#include "tools/tracer/control/run_sample.h"

namespace tracer::cli {

// Calls visit(group, name, field&) for each, those of one group together; the group of what stands
// at the top is empty.
template <typename Sample, typename Visit>
void for_each_number(Sample& sample, const Visit& visit) {
  auto& run = sample.run;
  auto& shards = run.shards;
  auto& evaluated = run.evaluated;
  visit("", "pid", sample.process.pid);
  visit("", "uptime_ns", run.uptime_ns);
  visit("", "monitors", shards.monitors);
  visit("", "shards", run.shard_count);
  visit("", "slots", run.slots);
  visit("checks", "begun", run.begun);
  visit("checks", "reported", evaluated.reports);
  visit("checks", "skipped", shards.skipped);
  visit("checks", "in_flight", shards.in_flight);
  visit("verdicts", "up", evaluated.by_verdict[0]);
  visit("verdicts", "degraded", evaluated.by_verdict[1]);
  visit("verdicts", "down", evaluated.by_verdict[2]);
  visit("verdicts", "unknown", evaluated.by_verdict[3]);
  visit("retries", "made", evaluated.retries);
  visit("retries", "cut", evaluated.retries_cut);
  visit("retries", "waiting", evaluated.retries_waiting);
  visit("queues", "due", shards.due);
  visit("queues", "finished", shards.finished);
  visit("queues", "outcomes", run.outcomes);
  visit("dns", "queries", shards.names.queries);
  visit("dns", "hits", shards.names.hits);
  visit("dns", "misses", shards.names.misses);
  visit("dns", "stale", shards.names.stale);
  visit("dns", "failures", shards.names.failures);
  visit("dns", "entries", shards.names.entries);
  visit("dns", "waiting", shards.names.waiting);
  visit("trust_cache", "hits", shards.chain_hits);
  visit("trust_cache", "misses", shards.chain_misses);
  visit("process", "cpu_user_ns", sample.process.cpu_user_ns);
  visit("process", "cpu_system_ns", sample.process.cpu_system_ns);
  visit("process", "resident_bytes", sample.process.resident_bytes);
  visit("process", "open_descriptors", sample.process.open_descriptors);
}

}  // namespace tracer::cli
