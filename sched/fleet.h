// A run over monitors of a set, once or for ever: starts one shard a thread, evaluates on the
// calling thread, and ends when every check that began has been reported.
//
// run() is called once, by the thread that owns the Fleet; drain() and abort() may come from any
// thread while it runs, and before.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "sched/evaluator.h"
#include "sched/history_book.h"
#include "sched/report_sink.h"
#include "sched/shard.h"

namespace tracer::sched {

// The enabled monitors that an agent in `location` is to check, ascending.
std::vector<std::uint32_t> monitors_for(const engine::MonitorSet& monitors,
                                        std::string_view location);

struct FleetOptions {
  std::uint32_t shards = 1;
  bool pin = false;  // each shard to a core of its own
  ShardOptions shard;
  ShardParts parts;
  std::function<void()> on_started;  // called by run() once every shard is prepared; may be empty
};

// How a run is doing. Counts are since its start.
struct Snapshot {
  std::uint64_t begun = 0;    // checks
  std::uint64_t skipped = 0;  // checks that came due while an earlier one waited or ran
  std::uint32_t in_flight = 0;
  Histogram::Counts lateness{};  // from a check's due time to its start
  SweepSummary evaluated;
};

class Fleet {
 public:
  // `selection`: ascending indices of the monitors to check. The rest outlives the Fleet.
  Fleet(const FleetOptions& options, const engine::MonitorSet& monitors,
        std::vector<std::uint32_t> selection, ReportSink& sink);
  ~Fleet();

  // Sweeps once, or goes on until drain(). The error is a trouble of ours at start, in one
  // sentence: nothing was checked.
  tl::expected<SweepSummary, std::string> run();
  // What is known of the monitors from earlier runs, by their index in the set. Before run().
  void restore(HistoryBook histories) { restored_ = std::move(histories); }
  // On the thread of run(), while it runs and after it.
  const HistoryBook& histories() const { return evaluator_->histories(); }
  // For sinks: on the thread of run(), while it runs.
  Snapshot snapshot() const;

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
  const std::vector<std::uint32_t> selection_;
  ReportSink& sink_;
  HistoryBook restored_;  // until run()
  Wakeup wakeup_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Evaluator> evaluator_;
  std::vector<std::thread> threads_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> aborting_{false};
  std::atomic<bool> running_{false};
};

}  // namespace tracer::sched
