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
// finished outcomes wait: at most one a slot, and one more. What is told of attempts that were not
// made waits as long, in small: at most two records a monitor.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/clock.h"
#include "engine/probe.h"
#include "sched/configuration.h"
#include "sched/destinations.h"
#include "sched/histogram.h"
#include "sched/limits.h"
#include "sched/load.h"
#include "sched/pacer.h"
#include "sched/published.h"
#include "sched/restraints.h"
#include "sched/schedule.h"
#include "sched/snapshot.h"
#include "sched/spsc_ring.h"
#include "sched/timing_wheel.h"
#include "sched/wakeup.h"

namespace tracer::sched {

struct ShardOptions {
  Repetition repetition = Repetition::kOnce;
  std::optional<LoadPlan> load;         // in place of that; REQUIRES no bounds per address
  std::uint32_t slots = 2048;           // probes in flight at a time
  std::uint32_t starts_per_second = 0;  // 0: no bound
  AddressBounds per_address;
  std::size_t remembered_chains = 4096;
  std::size_t outcome_ring = limits::kOutcomeRingSize;  // a power of two
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
  // `share`: indices of enabled monitors. `evaluator` is raised whenever outcomes have been pushed.
  Shard(const ShardOptions& options, const ShardParts& parts, ConfigurationRef configuration,
        std::vector<std::uint32_t> share, Wakeup& evaluator);
  ~Shard() override;

  tl::expected<void, std::string> prepare();  // the error is one sentence
  void run();                                 // begin(), then step() as long as there is work
  void begin();                               // the origin of all due times is now
  bool step();  // one tick; false when stop() was called and nothing is left open

  SpscRing<engine::Outcome>& outcomes() { return outcomes_; }
  // False when the command ring is full: try again.
  bool retry(const Retry& retry) { return commands_.push(retry); }
  void wake() { ring_->wake(); }

  // Any thread, one at a time: goes over to another configuration, while probes go on. A change
  // that is large takes several ticks.
  Handover<ShardChange>& change() { return change_; }
  // Any thread: appends the removed monitors that nothing refers to any more, here, in what the
  // kernel still sends for them, or in what the evaluator has not yet taken, since the last call.
  void take_departed(std::vector<std::uint32_t>& monitors);

  void stop();   // nothing more will be asked
  void drain();  // begins no check any more; retries that wait are cut
  void abort();  // drains, and ends what is under way as a local shutdown

  // Checks begun, and whether that is all there will be. Any thread; read the latter first.
  std::uint64_t checks_started() const { return checks_started_.load(std::memory_order_relaxed); }
  bool all_started() const { return all_started_.load(std::memory_order_acquire); }
  // Checks that were not made, because they came due while an earlier one waited or ran.
  std::uint64_t checks_skipped() const { return statistics_.load().skipped; }
  Restraints restraints() const;  // any thread
  // From a check's due time to its start; where addresses have bounds, of the checks that came to
  // connect, to the start that led to it. Any thread may read.
  const Histogram& lateness() const { return lateness_; }
  ShardStatistics statistics() const { return statistics_.load(); }  // any thread; of the last tick

 private:
  // A retry that is cut, or an attempt that a shutdown kept from being made.
  struct NotMade {
    std::uint32_t monitor = 0;
    std::uint8_t attempt = 0;
    bool is_cut = false;
    std::uint32_t skipped = 0;
    std::uint64_t check = 0;
    std::int64_t scheduled_unix_ms = 0;  // of no cut
  };

  bool may_connect(engine::Slot slot, const engine::IpAddress& address) override;
  void set_deadline(engine::Slot slot, std::int64_t deadline_ns) override;
  void finished(const engine::Outcome& outcome) override;
  void freed(engine::Slot slot) override;

  void tick();
  void read_clock();
  void take_commands();
  void take_change();
  void go_on_with_change();
  void drain_schedule();
  void report_not_made();
  engine::Outcome outcome_of(const NotMade& attempt) const;
  void fire_timers();
  void start_probes();
  std::optional<Restraint> start_what_is_due();
  bool any_due() const;
  bool start_next();
  void start(engine::Slot slot, const engine::Attempt& attempt);
  void publish_outcomes();
  void publish_departed();
  void keep_what_lingers(std::vector<std::uint32_t>& departed);
  void dispatch(std::span<const engine::Completion> completions);
  void publish_statistics();
  std::int64_t wait_ns() const;
  bool work_left() const;

  const ShardOptions options_;
  const ShardParts parts_;
  ConfigurationRef configuration_;
  std::vector<std::uint32_t> share_;  // until begin()
  Wakeup& evaluator_;

  std::unique_ptr<engine::Ring> ring_;
  std::unique_ptr<engine::NameResolver> resolver_;
  engine::TlsContexts contexts_;
  ssl::ChainJudge judge_;
  TimingWheel wheel_;  // timers: a deadline for each slot, then one for each monitor
  Schedule schedule_;
  Pacer pacer_;
  Destinations destinations_;
  std::unique_ptr<engine::ProbePool> probes_;

  engine::Tick tick_;
  std::vector<engine::Slot> free_slots_;
  std::vector<std::uint32_t> monitor_in_;        // by slot; Schedule::kNobody where it is free
  std::unordered_set<std::uint32_t> lingering_;  // departed, but a slot of theirs is not free yet
  std::vector<std::uint32_t> departing_;         // what lingers no more, to be published
  std::deque<engine::Outcome> finished_;         // what the outcome ring had no room for
  bool published_ = false;                       // something, and the evaluator is to be raised
  std::deque<NotMade> not_made_;                 // what the evaluator is to be told of when it has
  std::optional<Restraint> restraint_;           // since restrained_ns_
  std::int64_t restrained_ns_ = 0;
  std::vector<TimerId> fired_;
  ShardChange* changing_ = nullptr;  // under way
  std::size_t change_removed_ = 0;   // how far that has come
  std::size_t change_added_ = 0;

  SpscRing<engine::Outcome> outcomes_;
  SpscRing<Retry> commands_;
  Handover<ShardChange> change_;
  std::mutex departed_mutex_;
  std::vector<std::uint32_t> departed_;
  std::atomic<std::uint64_t> checks_started_{0};
  std::atomic<std::uint64_t> skipped_at_addresses_{0};
  std::array<std::atomic<std::uint64_t>, kRestraintCount> held_ns_{};
  Histogram lateness_;
  Published<ShardStatistics> statistics_;
  std::atomic<bool> all_started_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> draining_{false};
  std::atomic<bool> aborting_{false};
};

}  // namespace tracer::sched
