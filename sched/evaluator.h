// Takes outcomes from the shards' rings, judges them, asks for retries, and hands one report a
// check to a sink.
//
// run(), and what it is made of, belongs to one thread, which makes all calls of the sink;
// summary(), histories() and configuration() are for that thread, published() for any.
//
// While outcomes keep coming it looks for them once a millisecond, and is woken by none.
//
// Invariants: exactly one report for every check a shard has begun, of its last attempt that was
// made; every outcome's payload is released once; a report reaches the sink before run() returns;
// a monitor's history is that of its reports, in their order.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/clock.h"
#include "engine/report.h"
#include "sched/configuration.h"
#include "sched/history_book.h"
#include "sched/published.h"
#include "sched/report_sink.h"
#include "sched/shard.h"
#include "sched/snapshot.h"
#include "sched/wakeup.h"

namespace tracer::sched {

class Evaluator {
 public:
  Evaluator(ConfigurationRef configuration, std::vector<std::unique_ptr<Shard>>& shards,
            ReportSink& sink, Wakeup& wakeup, const engine::Clock& clock);

  // Until every shard has begun all it will and a report was made of each.
  void run();
  // One look at every shard, and the sink's turn where it is due. Returns how many outcomes came.
  std::size_t step();
  // A step of run(): true when there is nothing to do before the wakeup is raised, or the sink's
  // next turn.
  bool may_sleep();
  bool over() const;
  const SweepSummary& summary() const { return summary_; }
  SweepSummary published() const { return published_.load(); }  // any thread
  HistoryBook& histories() { return histories_; }
  const ConfigurationRef& configuration() const { return configuration_; }

  // Any thread, one at a time: goes over to another configuration. It does so before the shards do:
  // it knows every monitor of which an outcome may come, and asks for no retry of a removed one.
  Handover<EvaluatorChange>& change() { return change_; }
  void drain() { draining_.store(true, std::memory_order_relaxed); }  // any thread: no more retries

 private:
  void take_change();
  std::size_t take_outcomes();
  std::size_t take_outcomes_of(Shard& shard);
  void take(Shard& shard, const engine::Outcome& outcome);
  void ask_for_retry(Shard& shard, const engine::Report& report, const engine::CheckPolicy& policy);
  void settle(std::uint32_t monitor);
  void conclude(engine::Report& report);
  bool retired(std::uint32_t monitor) const;
  bool wants_retry(const engine::Report& report, const engine::CheckPolicy& policy) const;
  void write_reports();
  void tick_sink();

  ConfigurationRef configuration_;
  std::vector<std::unique_ptr<Shard>>& shards_;
  ReportSink& sink_;
  Wakeup& wakeup_;
  const engine::Clock& clock_;
  SweepSummary summary_;
  Published<SweepSummary> published_;
  HistoryBook histories_;
  std::int64_t next_sink_tick_ns_ = 0;
  std::vector<engine::Report> reports_;
  // What checks that wait for a retry have found so far, by monitor; so at most one a monitor.
  std::unordered_map<std::uint32_t, engine::Report> waiting_;
  Handover<EvaluatorChange> change_;
  std::atomic<bool> draining_{false};
};

}  // namespace tracer::sched
