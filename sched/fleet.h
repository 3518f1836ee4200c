// A run over monitors of a set, once or for ever, or a load on one of them: starts one shard a
// thread, evaluates on the calling thread, and ends when every check that began has been reported.
//
// run() is called once, by the thread that owns the Fleet; drain(), abort() and snapshot() may come
// from any thread while it runs, before and after.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "sched/evaluator.h"
#include "sched/history_book.h"
#include "sched/reload.h"
#include "sched/report_sink.h"
#include "sched/shard.h"
#include "sched/snapshot.h"

namespace tracer::sched {

struct FleetOptions {
  std::string location = "local";  // the enabled monitors for it are checked
  std::uint32_t shards = 1;
  bool pin = false;  // each shard to one core, in turn
  ShardOptions shard;
  ShardParts parts;
  std::function<void()> on_started;  // called by run() once every shard is prepared; may be empty
};

class Fleet {
 public:
  // The sink outlives the Fleet.
  Fleet(const FleetOptions& options, ConfigurationRef configuration, ReportSink& sink);
  ~Fleet();

  // Sweeps once, or goes on until drain(). The error is a trouble of ours at start, in one
  // sentence: nothing was checked.
  tl::expected<SweepSummary, std::string> run();
  // Any thread but run()'s, while run() goes on: checks these monitors from now on. Those that are
  // as before keep their schedule, what is under way ends as it would have. Returns once every
  // shard has gone over. The error is one sentence, and nothing has changed then.
  tl::expected<Difference, std::string> reload(engine::MonitorSet monitors);
  // Likewise: the same monitors, with the roots, lists and client certificates that their files
  // hold.
  tl::expected<void, std::string> renew_certificates();
  // Those files.
  std::set<std::string> certificate_files() const;
  // What is known of the monitors from earlier runs, by their index in the set. Before run().
  void restore(HistoryBook histories) { restored_ = std::move(histories); }
  // On the thread of run(), while it runs and after it.
  const HistoryBook& histories() const { return evaluator_->histories(); }
  const ConfigurationRef& evaluated() const { return evaluator_->configuration(); }  // of these
  // How it is doing, to within a tick. Touches no shard's state and waits for nobody.
  Snapshot snapshot() const;

  // What keeps it from starting what is due. Likewise.
  Restraints restraints() const;

  // Starts nothing more; what is in flight ends within its timeout.
  void drain();
  // Ends what is in flight now, as local shutdowns.
  void abort();

 private:
  void make_shards();
  tl::expected<void, std::string> start_threads();
  void stop_threads();
  tl::expected<Difference, std::string> go_over(
      const std::function<tl::expected<Changes, std::string>()>& plan);

  const FleetOptions options_;
  Standing standing_;
  ReportSink& sink_;
  HistoryBook restored_;  // until run()
  Wakeup wakeup_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Evaluator> evaluator_;
  std::int64_t made_ns_ = 0;
  std::atomic<bool> made_{false};  // true once the shards, the evaluator and made_ns_ are there
  std::vector<std::thread> threads_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> aborting_{false};
  std::atomic<bool> running_{false};
  std::atomic<bool> ended_{false};   // no thread makes changes any more
  mutable std::mutex reload_mutex_;  // held while standing_ is in use
};

}  // namespace tracer::sched
