// One simulation: the shards and the evaluator of a scenario, on one thread, over rings, names,
// peers and clocks that are all made up. Time moves only when everyone waits, and then to the
// earliest moment for which anyone does. Belongs to whoever made it.
//
// This is the only place that builds what a fleet is built of.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/resolver.h"
#include "sched/evaluator.h"
#include "sched/reload.h"
#include "sched/shard.h"
#include "tests/sim/canary.h"
#include "tests/sim/model.h"
#include "tests/sim/network.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_dns.h"
#include "tests/sim/sim_ring.h"
#include "tests/sim/trace.h"

namespace tracer::sim {

inline constexpr const char* kLocation = "local";

engine::MonitorSet monitors_of(const Scenario& scenario, const Document& document);

class World {
 public:
  // The scenario and the trace outlive the world.
  World(const Scenario& scenario, Canary canary, Trace& trace);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void run();  // throws Violation
  const Faults::Counts& counts() const { return faults_.counts(); }
  std::uint64_t operations() const { return nth_.seen; }
  std::uint64_t reports() const { return model_->reports(); }
  std::int64_t simulated_ns() const { return clock_.monotonic_ns() - origin_ns_; }
  const sched::SweepSummary& summary() const { return summary_; }  // once run() has returned

 private:
  class Sink;
  struct Actor {
    SimRing* ring = nullptr;               // the shard's
    engine::Resolver* resolver = nullptr;  // likewise
    std::size_t shown = 0;                 // outcomes in its ring that the model has seen
    bool over = false;
  };

  void build_shards();
  std::unique_ptr<engine::Ring> make_ring(std::uint32_t shard, std::uint32_t slots);
  std::unique_ptr<engine::NameResolver> make_resolver(std::uint32_t shard, engine::Ring& ring);

  bool turn();
  std::int64_t earliest_ns();
  std::size_t choose();
  void step_shard(std::uint32_t shard);
  void interrupt(std::uint32_t shard);
  void take_step(const Step& step);
  void drain();
  void ask_for_reload(std::int64_t document);
  bool begin_reload();
  void go_on_with_reload();
  std::uint32_t number_of(std::uint32_t index) const;
  void check_histories() const;
  void look_whether_raised();
  bool outcomes_wait();
  void evaluate();
  void show_outcomes(std::uint32_t shard);
  void check_over() const;
  void end();

  const Scenario& scenario_;
  const Scenario told_;  // the same, as the code under test is told it
  const Canary canary_;
  Trace& trace_;
  SimClock clock_;
  Faults faults_;
  NthFault nth_;
  Random random_;
  const std::int64_t origin_ns_;
  NameServers servers_;
  Network network_;
  std::unique_ptr<Model> model_;
  sched::Wakeup wakeup_;
  std::vector<Actor> actors_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<ResolveWatcher> watcher_;  // before the model's, of a canary
  sched::Standing standing_;
  std::unique_ptr<sched::Transition> transition_;
  std::vector<std::unique_ptr<sched::Shard>> shards_;
  std::unique_ptr<sched::Evaluator> evaluator_;
  sched::SweepSummary summary_;

  std::size_t next_step_ = 0;
  std::int64_t evaluator_ns_ = kNever;  // when it wakes up
  std::int64_t reload_ns_ = kNever;     // when somebody looks after the reload under way, or begins
  std::deque<std::int64_t> reloads_;    // documents that wait for that
  std::int64_t reload_began_ns_ = 0;
  bool draining_ = false;
  std::uint64_t raises_ = 0;
  std::int64_t sink_ns_ = kNever;  // when it sees that the sink is broken
  std::int64_t longest_stall_ns_ = 0;
  std::int64_t behind_since_ns_ = kNever;  // outcomes wait for the evaluator, unless kNever
  std::uint64_t turns_in_place_ = 0;       // since time moved
  std::uint64_t outcomes_shown_ = 0;
};

}  // namespace tracer::sim
