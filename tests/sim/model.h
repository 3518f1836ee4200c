// What a simulation knows of its own accord: which attempts began, what the world did to each, and
// so what outcomes and reports must come, and when. It asks nothing of the code under test but what
// comes out of it, and throws a Violation where that is not as it must be.
//
// Belongs to one simulation. The order of calls is that of virtual time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/report.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_dns.h"
#include "tests/sim/sim_ring.h"
#include "tests/sim/violation.h"

namespace tracer::sim {

class Model final : public SlotWatcher, public ResolveWatcher {
 public:
  // All outlive the model, but for the scenario's faults, which are used up elsewhere.
  Model(const Scenario& scenario, const engine::MonitorSet& monitors, const NameServers& servers,
        const SimClock& clock, Faults& faults, Trace& trace);

  // What happens at the seams.
  void resolving(std::uint32_t shard, engine::Slot slot, std::string_view host) override;
  void connecting(std::uint32_t shard, engine::Slot slot, const engine::Endpoint& target) override;
  void met(std::uint32_t shard, engine::Slot slot, Codes codes) override;
  void failed(std::uint32_t shard, engine::Slot slot, int error) override;
  void held_up(std::uint32_t shard, engine::Slot slot) override;
  void overheard(std::uint32_t shard, engine::Slot slot) override;

  // What comes out. The evaluator is about to see `outcome`, which waited at most `waited_ns`.
  void outcome(std::uint32_t shard, const engine::Outcome& outcome, std::int64_t waited_ns);
  void report(const engine::Report& report);
  void evaluated();  // the evaluator has seen all that were shown
  // Whether there are outcomes that have not been shown.
  std::function<bool()> outcomes_wait = [] { return false; };

  // What is done to the fleet.
  void drained();
  void aborted();
  // Nothing is left to do; `begun` and `skipped` are what the shards have counted.
  void over(std::uint64_t begun, std::uint64_t skipped);

  // When all that has begun must have been reported, once the fleet was told to end.
  std::int64_t must_be_over_ns() const { return must_be_over_ns_; }
  std::uint64_t reports() const { return reports_; }

 private:
  struct Attempt {
    std::uint32_t monitor = 0;
    std::uint64_t order = 0;
    std::int64_t start_ns = 0;
    std::int64_t start_unix_ms = 0;
    std::vector<std::pair<std::int64_t, Codes>> met;  // since when it may end how
    bool held_up = false;
    Codes failed_for_us = 0;  // why an address could not be tried, where that is a fault of ours
  };
  struct Expected {  // of a report
    std::uint64_t check = 0;
    std::int64_t scheduled_unix_ms = 0;
    std::uint8_t attempts = 1;
    engine::FailureCode failure = engine::FailureCode::kNone;
    bool may_be_up = false;
    bool may_be_down = false;  // neither: unknown
  };
  struct Waiting {  // a check that is to be tried again, and what it ends with otherwise
    Expected report;
    std::int64_t end_ns = 0;
    std::int64_t asked_ns = 0;
  };
  struct Monitor {
    std::uint32_t shard = 0;
    std::int64_t next_due_ns = 0;
    std::int64_t idle_since_ns = 0;
    std::int64_t last_end_ns = 0;
    std::deque<std::shared_ptr<Attempt>> attempts;  // without an outcome
    std::optional<Waiting> waiting;
    std::deque<Expected> reports;
  };
  struct Begun {          // a check
    std::uint64_t order;  // in which it began
    std::int64_t due_ns;  // when it could, for all its monitor knows
    std::uint32_t monitor;
    bool operator<(const Begun& other) const { return order < other.order; }
  };
  struct Shard {
    std::vector<std::shared_ptr<Attempt>> slots;
    std::uint64_t open = 0;  // attempts whose outcome the evaluator has not seen
    std::int64_t pace_ns = 0;
    std::vector<Begun> begun;
  };

  std::int64_t now_ns() const { return clock_.monotonic_ns(); }
  const engine::CheckPolicy& policy(std::uint32_t monitor) const;
  bool once() const { return scenario_.shard.repetition == sched::Repetition::kOnce; }
  std::int64_t until_first_ns(std::uint32_t monitor) const;
  std::string about(std::uint32_t monitor, const std::string& text) const;

  void start(std::uint32_t shard, engine::Slot slot, std::uint32_t monitor);
  void check_pacing(Shard& shard);
  void check_order();
  void check_first(Monitor& monitor, const Attempt& attempt, const engine::Outcome& outcome);
  void check_retry(Monitor& monitor, const Attempt& attempt, const engine::Outcome& outcome);
  void check_times(const Attempt& attempt, const engine::Outcome& outcome, std::int64_t waited_ns);
  void check_code(const Attempt& attempt, const engine::Outcome& outcome) const;
  bool must_be_prompt(const Attempt& attempt) const;
  Codes allowed(const Attempt& attempt, std::int64_t end_ns) const;
  std::int64_t deadline_ns(const Attempt& attempt, const engine::Outcome& outcome) const;
  void judge(const Attempt& attempt, const engine::Outcome& outcome);
  void cut(const engine::Outcome& outcome);
  void expect(Monitor& monitor, const Expected& report);
  bool wants_retry(std::uint32_t monitor, const Expected& report) const;
  Expected report_of(const engine::Outcome& outcome) const;

  const Scenario& scenario_;
  const engine::MonitorSet& monitors_;
  const NameServers& servers_;
  const SimClock& clock_;
  Faults& faults_;
  Trace& trace_;
  const std::int64_t origin_ns_;
  const std::int64_t tick_ns_;  // how much later than asked for a shard may look at its clock
  std::vector<Monitor> by_monitor_;
  std::vector<Shard> by_shard_;
  std::unordered_map<std::string, std::uint32_t> by_host_;
  std::uint64_t expected_reports_ = 0;
  std::uint64_t reports_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t attempts_ = 0;
  std::uint64_t skipped_ = 0;
  bool draining_ = false;
  std::int64_t aborted_ns_ = kNever;
  std::int64_t must_be_over_ns_ = kNever;
  // Every chain that was reported: at the end, ours is the only reference to it.
  std::vector<ssl::ChainRef> chains_;

 public:
  // Once all that was simulated is gone.
  void check_payloads() const;
};

}  // namespace tracer::sim
