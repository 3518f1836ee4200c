// A sweep over a set of monitors: starts one shard a thread, evaluates on the calling thread, and
// ends when every check that began has been reported.
//
// run() is called once, by the thread that owns the Fleet; drain() and abort() may come from any
// thread while it runs, and before.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "sched/evaluator.h"
#include "sched/report_sink.h"
#include "sched/shard.h"

namespace tracer::sched {

struct FleetOptions {
  std::uint32_t shards = 1;
  bool pin = false;  // each shard to a core of its own
  ShardOptions shard;
  ShardParts parts;
};

class Fleet {
 public:
  // `monitors` and `sink` outlive the Fleet.
  Fleet(const FleetOptions& options, const engine::MonitorSet& monitors, ReportSink& sink);
  ~Fleet();

  // Sweeps once. The error is a trouble of ours at start, in one sentence: nothing was checked.
  tl::expected<SweepSummary, std::string> run();

  // Starts nothing more; what is in flight ends within its timeout.
  void drain();
  // Ends what is in flight now, as local shutdowns.
  void abort();

 private:
  void make_shards(const engine::TrustStores& trust);
  tl::expected<void, std::string> start_threads();
  void stop_threads();

  const FleetOptions options_;
  const engine::MonitorSet& monitors_;
  ReportSink& sink_;
  Wakeup wakeup_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Evaluator> evaluator_;
  std::vector<std::thread> threads_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> aborting_{false};
  std::atomic<bool> running_{false};
};

}  // namespace tracer::sched
