// What a simulation knows of its own accord: which attempts began, what the world did to each, and
// so what outcomes and reports must come, and when. It asks nothing of the code under test but what
// comes out of it, and throws a Violation where that is not as it must be.
//
// A monitor is the number of its target here, to all who call. model_checks.cc holds attempts to
// what was done to them, model_reload.cc knows who is checked, model_addresses.cc what goes where.
//
// Belongs to one simulation. The order of calls is that of virtual time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/report.h"
#include "tests/sim/reference_history.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_dns.h"
#include "tests/sim/sim_ring.h"
#include "tests/sim/violation.h"

namespace tracer::sim {

class Model final : public SlotWatcher, public ResolveWatcher {
 public:
  // All outlive the model, but for the scenario's faults, which are used up elsewhere.
  Model(const Scenario& scenario, const NameServers& servers, const SimClock& clock, Faults& faults,
        Trace& trace);

  // What happens at the seams.
  void resolving(std::uint32_t shard, engine::Slot slot, std::string_view host) override;
  void connecting(std::uint32_t shard, engine::Slot slot, const engine::Endpoint& target) override;
  void met(std::uint32_t shard, engine::Slot slot, Codes codes) override;
  void failed(std::uint32_t shard, engine::Slot slot, int error) override;
  void held_up(std::uint32_t shard, engine::Slot slot) override;
  void overheard(std::uint32_t shard, engine::Slot slot) override;
  void closed(std::uint32_t shard, engine::Slot slot) override;

  // What comes out. The evaluator is about to see `outcome`, which waited at most `waited_ns`.
  void outcome(std::uint32_t shard, const engine::Outcome& outcome, std::int64_t waited_ns);
  void report(const engine::Report& report);
  void evaluated();  // the evaluator has seen all that were shown
  // Whether there are outcomes that have not been shown.
  std::function<bool()> outcomes_wait = [] { return false; };

  // What is done to the fleet. A reload begins; the evaluator has gone over, and has reported all
  // that was shown before; the shards go over, each with its next look around.
  void reload_begins(const Document& next);
  void evaluator_follows();
  void shards_follow();
  void drained();
  void aborted();
  // Nothing is left to do; `begun` and `skipped` are what the shards have counted.
  void over(std::uint64_t begun, std::uint64_t skipped);
  // What the evaluator has of a monitor that is not retired, once all has been reported.
  void check_history(std::uint32_t monitor, const engine::History& history) const;

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
    bool connected = false;   // to its first address at least
    Codes failed_for_us = 0;  // why an address could not be tried, where that is a fault of ours
  };
  struct Expected {  // of a report
    std::uint64_t check = 0;
    std::int64_t scheduled_unix_ms = 0;
    std::uint8_t attempts = 1;
    engine::FailureCode failure = engine::FailureCode::kNone;
    std::int64_t started_unix_ms = 0;
    bool may_be_up = false;
    bool may_be_down = false;  // neither: unknown
    std::uint32_t skipped = 0;
    engine::History before;
    engine::History after;
  };
  struct Waiting {  // a check that is to be tried again, and what it ends with otherwise
    Expected report;
    std::int64_t end_ns = 0;
    std::int64_t asked_ns = 0;
  };
  struct Monitor {
    std::uint64_t id_hash = 0;
    std::uint32_t shard = 0;
    bool present = false;      // for its shard: it is checked
    bool retired = false;      // for the evaluator
    bool spoke_since = false;  // removed_ns: then it is over
    std::int64_t removed_ns = kNever;
    std::int64_t first_start_ns = kNever;
    std::uint32_t predecessor = kNobody;  // which it has taken the place of
    std::uint32_t heir = kNobody;
    ReferenceHistory history;
    std::int64_t next_due_ns = 0;
    std::int64_t idle_since_ns = 0;
    std::int64_t last_end_ns = 0;
    // Without an outcome. One that is told to wait at its address, which is not seen, begins again
    // when its turn has come: where addresses have bounds, only those that have connected are sure
    // to be other attempts than those after them.
    std::deque<std::shared_ptr<Attempt>> attempts;
    std::optional<Waiting> waiting;
    std::deque<Expected> reports;
  };
  struct Begun {          // a check
    std::uint64_t order;  // in which it began
    std::int64_t due_ns;  // when it could, for all its monitor knows
    std::uint32_t monitor;
    bool operator<(const Begun& other) const { return order < other.order; }
  };
  struct Address {
    std::uint32_t in_flight = 0;
    std::uint32_t first = 0;  // of these, to which an attempt went first
    std::int64_t room_since_ns = 0;
    std::int64_t pace_ns = 0;
  };
  struct Socket {
    engine::IpAddress address;
    bool first = false;  // of those of its attempt
  };
  struct Shard {
    std::vector<std::shared_ptr<Attempt>> slots;
    std::vector<Socket> sockets;  // by slot
    std::map<engine::IpAddress, Address> addresses;
    std::uint64_t open = 0;  // attempts whose outcome the evaluator has not seen
    std::int64_t pace_ns = 0;
    std::vector<Begun> begun;
  };

  std::int64_t now_ns() const { return clock_.monotonic_ns(); }
  const engine::CheckPolicy& policy(std::uint32_t monitor) const;
  // What is removed, added, and (removed, added) of one id.
  struct Change {
    Document removed;
    Document added;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;
  };
  static constexpr std::uint32_t kNobody = UINT32_MAX;

  bool bounded() const { return scenario_.shard.per_address.any(); }
  bool once() const { return scenario_.shard.repetition == sched::Repetition::kOnce; }
  std::int64_t until_first_ns(std::uint32_t monitor) const;
  std::string about(std::uint32_t monitor, const std::string& text) const;

  void start(std::uint32_t shard, engine::Slot slot, std::uint32_t monitor);
  bool under_way(const Monitor& monitor) const;
  void inherit(std::uint32_t number);
  void check_may_start(std::uint32_t monitor) const;
  void check_heirs(std::uint32_t monitor, std::int64_t end_ns) const;
  std::int64_t free_since_ns(const Monitor& monitor) const;
  void check_forgotten() const;
  void check_first_connect(Shard& shard, const Attempt& attempt, const engine::IpAddress& address);
  void connected(Shard& shard, engine::Slot slot, const engine::IpAddress& address);
  bool has_long_had_room(std::uint32_t monitor) const;
  std::shared_ptr<Attempt> take_attempt(Monitor& monitor, const engine::Outcome& outcome);
  bool was_not_made(const engine::Outcome& outcome) const;
  void not_made(Monitor& monitor, const engine::Outcome& outcome);
  void check_pacing(Shard& shard);
  void check_order();
  void check_first(Monitor& monitor, const Attempt& attempt, const engine::Outcome& outcome);
  void check_retry(Monitor& monitor, const Attempt& attempt, const engine::Outcome& outcome);
  void check_times(const Attempt& attempt, const engine::Outcome& outcome, std::int64_t waited_ns);
  void check_code(const Attempt& attempt, const engine::Outcome& outcome) const;
  bool must_be_prompt(const Attempt& attempt) const;
  Codes allowed(const Attempt& attempt, std::int64_t end_ns) const;
  std::int64_t deadline_ns(const Attempt& attempt, const engine::Outcome& outcome) const;
  void judge(std::int64_t end_ns, const engine::Outcome& outcome);
  void cut(const engine::Outcome& outcome);
  void expect(Monitor& monitor, Expected report);
  bool wants_retry(std::uint32_t monitor, const Expected& report) const;
  Expected report_of(const engine::Outcome& outcome) const;

  const Scenario& scenario_;
  const NameServers& servers_;
  const SimClock& clock_;
  Faults& faults_;
  Trace& trace_;
  const std::int64_t origin_ns_;
  const std::int64_t tick_ns_;  // how much later than asked for a shard may look at its clock
  std::vector<Monitor> by_monitor_;
  std::vector<Shard> by_shard_;
  std::unordered_map<std::string, std::uint32_t> by_host_;
  Document document_;  // the last one of which a reload has begun
  Change change_;      // of that reload
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
