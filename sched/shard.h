// One thread's share of a fleet: starts the checks of its monitors, drives their probes through
// its own ring, and hands outcomes to an evaluator. Shards share nothing but immutable values.
//
// prepare(), run() and what run() is made of are the shard's own thread. outcomes() (its consuming
// side) and retry() belong to the evaluator's thread. stop(), drain() and abort() may come from any
// thread, and any thread may read how the shard is doing: its counts, its lateness and how full its
// outcome ring is.
//
// Invariants: checks begin as the Schedule says; exactly one Outcome per attempt, and one for every
// retry that is cut, reaches the outcome ring; while that ring has no room no probe is started, and
// finished outcomes wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/clock.h"
#include "engine/probe.h"
#include "sched/histogram.h"
#include "sched/pacer.h"
#include "sched/published.h"
#include "sched/schedule.h"
#include "sched/snapshot.h"
#include "sched/spsc_ring.h"
#include "sched/timing_wheel.h"
#include "sched/wakeup.h"

namespace tracer::sched {

struct ShardOptions {
  Repetition repetition = Repetition::kOnce;
  std::uint32_t slots = 2048;           // probes in flight at a time
  std::uint32_t starts_per_second = 0;  // 0: no bound
  std::size_t remembered_chains = 4096;
  engine::EgressPolicy egress;
};

// The parts of a shard that talk to the kernel; made on the shard's thread, by prepare().
struct ShardParts {
  std::function<tl::expected<std::unique_ptr<engine::Ring>, std::string>(std::uint32_t slots)> ring;
  std::function<tl::expected<std::unique_ptr<engine::NameResolver>, std::string>(engine::Ring&)>
      resolver;
  const engine::Clock* clock = nullptr;
};

class Shard final : private engine::ProbeHost {
 public:
  // `share`: ascending indices into `monitors`, of enabled ones. `evaluator` is raised whenever
  // outcomes have been pushed.
  Shard(const ShardOptions& options, const ShardParts& parts, const engine::MonitorSet& monitors,
        const engine::TrustStores& trust, std::vector<std::uint32_t> share, Wakeup& evaluator);
  ~Shard() override;

  tl::expected<void, std::string> prepare();  // the error is one sentence
  void run();                                 // begin(), then step() as long as there is work
  void begin();                               // the origin of all due times is now
  bool step();  // one tick; false when stop() was called and nothing is left open

  SpscRing<engine::Outcome>& outcomes() { return outcomes_; }
  bool retry(const Retry& retry);  // false when the command ring is full: try again
  void wake();

  void stop();   // nothing more will be asked
  void drain();  // begins no check any more; retries that wait are cut
  void abort();  // drains, and ends what is under way as a local shutdown

  // Checks begun, and whether that is all there will be. Any thread; read the latter first.
  std::uint64_t checks_started() const { return checks_started_.load(std::memory_order_relaxed); }
  bool all_started() const { return all_started_.load(std::memory_order_acquire); }
  // From a check's due time to its start. Any thread may read.
  const Histogram& lateness() const { return lateness_; }
  ShardStatistics statistics() const { return statistics_.load(); }  // any thread; of the last tick

 private:
  void set_deadline(engine::Slot slot, std::int64_t deadline_ns) override;
  void finished(const engine::Outcome& outcome) override;
  void freed(engine::Slot slot) override;

  void tick();
  void read_clock();
  void take_commands();
  void report_cuts();
  void fire_timers();
  void start_probes();
  void publish_outcomes();
  void dispatch(std::span<const engine::Completion> completions);
  void publish_statistics();
  std::int64_t wait_ns() const;
  bool work_left() const;

  const ShardOptions options_;
  const ShardParts parts_;
  const engine::MonitorSet& monitors_;
  const engine::TrustStores& trust_;
  Wakeup& evaluator_;

  std::unique_ptr<engine::Ring> ring_;
  std::unique_ptr<engine::NameResolver> resolver_;
  engine::TlsContexts contexts_;
  ssl::ChainJudge judge_;
  TimingWheel wheel_;  // timers: a deadline for each slot, then one for each monitor of the share
  Schedule schedule_;
  Pacer pacer_;
  std::unique_ptr<engine::ProbePool> probes_;

  engine::Tick tick_;
  std::vector<engine::Slot> free_slots_;
  std::vector<Retry> waiting_retries_;  // by position in the share
  std::deque<engine::Attempt> due_retries_;
  std::deque<engine::Outcome> finished_;  // what the outcome ring had no room for
  std::vector<TimerId> fired_;

  SpscRing<engine::Outcome> outcomes_;
  SpscRing<Retry> commands_;
  std::atomic<std::uint64_t> checks_started_{0};
  Histogram lateness_;
  Published<ShardStatistics> statistics_;
  std::atomic<bool> all_started_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> draining_{false};
  std::atomic<bool> aborting_{false};
};

}  // namespace tracer::sched
