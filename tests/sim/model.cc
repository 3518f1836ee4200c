// What begins and what comes out, in its order; model_checks.cc holds each attempt to what the
// world did to it.

#include "tests/sim/model.h"

#include <algorithm>

#include "sched/limits.h"

namespace tracer::sim {

using engine::FailureCode;
using engine::Outcome;
using engine::Slot;

const char* invariant_name(Invariant invariant) {
  constexpr const char* kNames[] = {
      "ring contract", "one outcome", "one report",    "timely",    "schedule",
      "no overlap",    "retries",     "back-pressure", "pacing",    "address bounds",
      "blame",         "verdict",     "discretion",    "addresses", "history",
      "phase times",   "end",         "payload",       "progress",  "determinism"};
  return kNames[static_cast<std::size_t>(invariant)];
}

namespace {

std::uint64_t id_hash_of(const engine::MonitorSpec& spec) {
  engine::MonitorSetBuilder builder;
  (void)builder.add(spec);
  return std::move(builder).build().at(0).id_hash;
}

}  // namespace

Model::Model(const Scenario& scenario, const NameServers& servers, const SimClock& clock,
             Faults& faults, Trace& trace)
    : scenario_(scenario),
      servers_(servers),
      clock_(clock),
      faults_(faults),
      trace_(trace),
      origin_ns_(clock.monotonic_ns()),
      tick_ns_(kMillisecond + (faults.weight(Fault::kLateReturn) > 0 ? kLatestNs : 0)),
      by_monitor_(scenario.targets.size()),
      by_shard_(scenario.shards),
      document_(scenario.documents.front()) {
  for (Shard& shard : by_shard_) {
    shard.slots.resize(scenario.shard.slots);
    shard.sockets.resize(scenario.shard.slots);
  }
  for (std::uint32_t number = 0; number < by_monitor_.size(); ++number) {
    const Target& target = scenario.targets[number];
    Monitor& monitor = by_monitor_[number];
    monitor.id_hash = id_hash_of(target.spec);
    monitor.shard = static_cast<std::uint32_t>(monitor.id_hash % scenario.shards);
    if (!target.literal) by_host_.emplace(target.spec.host, number);
  }
  for (const std::uint32_t number : document_) {
    Monitor& monitor = by_monitor_[number];
    monitor.present = true;
    monitor.next_due_ns = origin_ns_;
    if (!once()) monitor.next_due_ns += until_first_ns(number);
  }
}

const engine::CheckPolicy& Model::policy(std::uint32_t monitor) const {
  return scenario_.targets[monitor].spec.policy;
}

// A grid of the wall clock, which the hash of the id sets off.
std::int64_t Model::until_first_ns(std::uint32_t monitor) const {
  const std::int64_t interval_ms = policy(monitor).interval_ms;
  const auto offset_ms = static_cast<std::int64_t>(by_monitor_[monitor].id_hash %
                                                   static_cast<std::uint64_t>(interval_ms));
  const std::int64_t past_ms = clock_.unix_ms() % interval_ms;
  return (offset_ms - past_ms + interval_ms) % interval_ms * kMillisecond;
}

std::string Model::about(std::uint32_t monitor, const std::string& text) const {
  return "monitor " + std::to_string(monitor) + " (" + scenario_.targets[monitor].spec.host +
         "): " + text;
}

// ---- what happens at the seams ----------------------------------------------------------------

void Model::resolving(std::uint32_t shard, Slot slot, std::string_view host) {
  const auto found = by_host_.find(std::string(host));
  require(found != by_host_.end(), Invariant::kAddresses, "a name that no monitor has");
  trace_.add(now_ns(), {What::kResolve, shard, slot, found->second});
  start(shard, slot, found->second);
}

void Model::connecting(std::uint32_t shard, Slot slot, const engine::Endpoint& target) {
  const std::uint32_t monitor = target.port - std::uint32_t{kFirstPort};
  require(monitor < by_monitor_.size(), Invariant::kAddresses, "a port that no monitor has");
  const Target& meant = scenario_.targets[monitor];
  if (meant.literal) start(shard, slot, monitor);
  const auto& attempt = by_shard_[shard].slots[slot];
  require(attempt != nullptr && attempt->monitor == monitor, Invariant::kAddresses,
          [&] { return about(monitor, "a connect in the slot of another"); });
  bool known = target.address.to_string() == meant.spec.host;
  if (!meant.literal) {
    std::string name = meant.spec.host;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    known = std::ranges::find(servers_.name(name).addresses, target.address) !=
            servers_.name(name).addresses.end();
  }
  require(known && scenario_.shard.egress.permits(target.address), Invariant::kAddresses,
          [&] { return about(monitor, "a connect to " + target.address.to_string()); });
  connected(by_shard_[shard], slot, target.address);
}

void Model::met(std::uint32_t shard, Slot slot, Codes codes) {
  by_shard_[shard].slots[slot]->met.emplace_back(now_ns(), codes);
}

void Model::failed(std::uint32_t shard, Slot slot, int error) {
  const auto cases = errnos_of(Operation::kConnect);
  const auto found = std::ranges::find(cases, error, &ErrnoCase::error);
  if (found != cases.end() && engine::failure_info(found->code).ours) {
    by_shard_[shard].slots[slot]->failed_for_us |= code_bit(found->code);
  }
}

void Model::held_up(std::uint32_t shard, Slot slot) {
  by_shard_[shard].slots[slot]->held_up = true;
}

void Model::overheard(std::uint32_t shard, Slot slot) {
  throw Violation(Invariant::kDiscretion, about(by_shard_[shard].slots[slot]->monitor,
                                                "the peer heard what it was not to hear"));
}

void Model::start(std::uint32_t shard_index, Slot slot, std::uint32_t index) {
  Shard& shard = by_shard_[shard_index];
  Monitor& monitor = by_monitor_[index];
  require(monitor.shard == shard_index, Invariant::kSchedule, "a monitor of another shard");
  require(!draining_, Invariant::kEnd,
          [&] { return about(index, "an attempt begins after the drain"); });
  check_may_start(index);
  // In flight are as many as there are slots; whoever starts has given all that ended away. One
  // that has waited at its address is counted already.
  require(bounded() || shard.open < scenario_.shard.outcome_ring + scenario_.shard.slots,
          Invariant::kBackPressure,
          [&] { return std::to_string(shard.open) + " attempts without an outcome"; });
  ++shard.open;
  if (!bounded()) check_pacing(shard);
  const bool alone = std::ranges::none_of(
      monitor.attempts, [&](const auto& each) { return each->connected || !bounded(); });
  require(alone || outcomes_wait(), Invariant::kNoOverlap,
          [&] { return about(index, "an attempt begins while an earlier one has no outcome"); });
  monitor.first_start_ns = std::min(monitor.first_start_ns, now_ns());
  auto attempt = std::make_shared<Attempt>();
  attempt->monitor = index;
  attempt->order = ++attempts_;
  attempt->start_ns = now_ns();
  attempt->start_unix_ms = clock_.unix_ms();
  monitor.attempts.push_back(attempt);
  shard.slots[slot] = std::move(attempt);
}

// ---- what comes out ---------------------------------------------------------------------------

void Model::outcome(std::uint32_t shard, const Outcome& outcome, std::int64_t waited_ns) {
  trace_.add(now_ns(), {outcome.retry_cut ? What::kCut : What::kOutcome, shard, outcome.monitor,
                        static_cast<std::int64_t>(outcome.failure)});
  if (outcome.retry_cut) {
    cut(outcome);
    return;
  }
  Monitor& monitor = by_monitor_[outcome.monitor];
  if (!monitor.retired) monitor.history.skip(outcome.skipped);
  if (monitor.removed_ns != kNever) monitor.spoke_since = true;
  if (was_not_made(outcome)) {
    not_made(monitor, outcome);
    return;
  }
  require(!monitor.attempts.empty(), Invariant::kOneOutcome,
          [&] { return about(outcome.monitor, "an outcome without an attempt"); });
  const std::shared_ptr<Attempt> attempt = take_attempt(monitor, outcome);
  --by_shard_[shard].open;
  if (outcome.chain != nullptr) {
    const auto known = [&](const ssl::ChainRef& chain) { return chain.get() == outcome.chain; };
    if (std::ranges::none_of(chains_, known)) chains_.emplace_back(outcome.chain);
  }
  check_times(*attempt, outcome, waited_ns);
  check_code(*attempt, outcome);
  if (outcome.attempt == 1) {
    check_first(monitor, *attempt, outcome);
  } else {
    check_retry(monitor, *attempt, outcome);
  }
  judge(attempt->start_ns + outcome.times.total_ns, outcome);
}

// As the evaluator is to see it: a check that waits for a retry ends with what it has found when
// the retry is cut or broken off, or the next check has come.
void Model::judge(std::int64_t end_ns, const Outcome& outcome) {
  Monitor& monitor = by_monitor_[outcome.monitor];
  monitor.last_end_ns = end_ns;
  monitor.idle_since_ns = std::max(monitor.idle_since_ns, monitor.last_end_ns);
  const bool broken_off = outcome.attempt > 1 && outcome.failure == FailureCode::kLocalShutdown;
  if (monitor.waiting && broken_off) {
    expect(monitor, monitor.waiting->report);
    monitor.waiting.reset();
    return;
  }
  Expected report = report_of(outcome);
  if (monitor.waiting && outcome.attempt == 1) expect(monitor, monitor.waiting->report);
  if (monitor.waiting && outcome.attempt > 1) report.skipped += monitor.waiting->report.skipped;
  monitor.waiting.reset();
  if (wants_retry(outcome.monitor, report)) {
    monitor.waiting = Waiting{report, monitor.last_end_ns, now_ns()};
  } else {
    expect(monitor, report);
  }
}

void Model::cut(const Outcome& outcome) {
  Monitor& monitor = by_monitor_[outcome.monitor];
  monitor.idle_since_ns = now_ns();
  if (!monitor.waiting || monitor.waiting->report.check != outcome.check) {
    return;  // that check was settled by what came after it
  }
  faults_.count(Fault::kRetryCut);
  const std::int64_t retry_ns =
      monitor.waiting->end_ns + policy(outcome.monitor).retry_delay_ms * kMillisecond;
  const bool needless = scenario_.calm && !draining_ && monitor.present &&
                        (once() || retry_ns + 2 * tick_ns_ < monitor.next_due_ns);
  require(!needless, Invariant::kRetries,
          [&] { return about(outcome.monitor, "a retry was cut that had its time"); });
  expect(monitor, monitor.waiting->report);
  monitor.waiting.reset();
}

bool Model::wants_retry(std::uint32_t monitor, const Expected& report) const {
  if (draining_ || report.failure == FailureCode::kLocalShutdown) return false;
  if (by_monitor_[monitor].retired) return false;
  return report.attempts <= policy(monitor).max_retries && !report.may_be_up;
}

// The check has ended so.
void Model::expect(Monitor& monitor, Expected report) {
  using engine::Verdict;
  report.before = monitor.history.now();
  if (!monitor.retired && engine::is_observed(report.failure)) {
    const Verdict verdict = report.may_be_up     ? Verdict::kUp
                            : report.may_be_down ? Verdict::kDown
                                                 : Verdict::kUnknown;
    monitor.history.observe(verdict, report.started_unix_ms);
  }
  report.after = monitor.history.now();
  monitor.reports.push_back(report);
  ++expected_reports_;
}

void Model::report(const engine::Report& report) {
  const Outcome& outcome = report.outcome;
  Monitor& monitor = by_monitor_[outcome.monitor];
  trace_.add(now_ns(), {What::kReport, monitor.shard, outcome.monitor,
                        static_cast<std::int64_t>(report.verdict) << 8 |
                            static_cast<std::int64_t>(report.failure)});
  ++reports_;
  require(!monitor.reports.empty(), Invariant::kOneReport,
          [&] { return about(outcome.monitor, "a report that is one too many"); });
  const Expected expected = monitor.reports.front();
  monitor.reports.pop_front();
  --expected_reports_;
  require(expected.scheduled_unix_ms == outcome.scheduled_unix_ms &&
              expected.attempts == report.attempts && expected.failure == outcome.failure &&
              expected.skipped == outcome.skipped,
          Invariant::kOneReport, [&] { return about(outcome.monitor, "not the report expected"); });
  using engine::Verdict;
  const bool ours = engine::failure_info(outcome.failure).ours;
  const bool fits = ours ? report.verdict == Verdict::kUnknown
                         : (expected.may_be_up && report.verdict == Verdict::kUp) ||
                               (expected.may_be_down && report.verdict == Verdict::kDown);
  require(fits, ours ? Invariant::kBlame : Invariant::kVerdict, [&] {
    return about(outcome.monitor, std::string(engine::failure_info(outcome.failure).name) +
                                      " is reported as " +
                                      std::string(engine::verdict_name(report.verdict)));
  });
  require(report.before == expected.before && report.after == expected.after, Invariant::kHistory,
          [&] { return about(outcome.monitor, "a history that is not that of its reports"); });
}

void Model::evaluated() {
  require(expected_reports_ == 0, Invariant::kOneReport, "a check ended without its report");
}

// ---- what is done to the fleet ----------------------------------------------------------------

void Model::drained() {
  if (draining_) return;
  draining_ = true;
  check_forgotten();
  std::int64_t longest_ms = 0;
  for (const Target& target : scenario_.targets) {
    longest_ms = std::max(longest_ms, target.spec.policy.timeout_ms);
  }
  must_be_over_ns_ = now_ns() + longest_ms * kMillisecond + 2 * tick_ns_;
}

void Model::aborted() {
  drained();
  aborted_ns_ = now_ns();
  must_be_over_ns_ = std::min(must_be_over_ns_, now_ns() + 2 * tick_ns_);
}

void Model::over(std::uint64_t begun, std::uint64_t skipped) {
  require(begun == begun_ && reports_ == begun_, Invariant::kOneReport, [&] {
    return std::to_string(begun) + " checks were begun, " + std::to_string(begun_) + " seen, and " +
           std::to_string(reports_) + " reported";
  });
  require(skipped == skipped_, Invariant::kSchedule, [&] {
    return std::to_string(skipped) + " checks are said to be skipped, not " +
           std::to_string(skipped_);
  });
  check_order();
  for (std::uint32_t i = 0; i < by_monitor_.size(); ++i) {
    const auto& attempts = by_monitor_[i].attempts;
    // A retry that waited at its address, and was cut, leaves a trace.
    const bool open = std::ranges::any_of(
        attempts, [&](const auto& each) { return each->connected || !bounded(); });
    require(!open, Invariant::kOneOutcome,
            [&] { return about(i, "an attempt without an outcome"); });
    require(!once() || draining_ || by_monitor_[i].next_due_ns == kNever, Invariant::kSchedule,
            [&] { return about(i, "was left out of the sweep"); });
  }
}

void Model::check_payloads() const {
  for (const ssl::ChainRef& chain : chains_) {
    require(chain->references.load() == 1, Invariant::kPayload,
            "a reference to a chain was not given back");
  }
}

}  // namespace tracer::sim
