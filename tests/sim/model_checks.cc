#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#include "tests/sim/model.h"

namespace tracer::sim {

using engine::FailureCode;
using engine::Outcome;

namespace {

constexpr Codes kTimeouts =
    codes(FailureCode::kConnectionTimeout, FailureCode::kTlsTimeout, FailureCode::kResponseTimeout,
          FailureCode::kResponseMismatch, FailureCode::kDnsTimeout, FailureCode::kDnsServerFailure);
constexpr Codes kOurs = codes(FailureCode::kLocalResources, FailureCode::kPolicyDenied);

std::string lower(std::string text) {
  for (char& each : text) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return text;
}

}  // namespace

// A bucket that fills evenly and holds a twentieth of a second's worth.
void Model::check_pacing(Shard& shard) {
  if (scenario_.shard.starts_per_second == 0) return;
  constexpr std::int64_t kBurstNs = 50 * kMillisecond;
  if (shard.pace_ns + tick_ns_ > now_ns()) faults_.count(Fault::kPaced);
  shard.pace_ns = std::max(shard.pace_ns, now_ns() - kBurstNs);
  require(shard.pace_ns <= now_ns(), Invariant::kPacing, "more starts than a second may have");
  shard.pace_ns += kSecond / scenario_.shard.starts_per_second;
}

void Model::check_first(Monitor& monitor, const Attempt& attempt, const Outcome& outcome) {
  ++begun_;
  const std::int64_t late_ns = attempt.start_ns - monitor.next_due_ns;
  require(late_ns >= 0, Invariant::kSchedule,
          [&] { return about(outcome.monitor, "a check before it was due"); });
  const std::int64_t due_unix_ms = attempt.start_unix_ms - late_ns / kMillisecond;
  // One that has waited at its address goes by what the wall clock said before that.
  const bool waited = bounded() && (faults_.weight(Fault::kWallSteps) > 0 ||
                                    std::abs(outcome.scheduled_unix_ms - due_unix_ms) <= 1);
  require(waited || outcome.scheduled_unix_ms == due_unix_ms, Invariant::kSchedule,
          [&] { return about(outcome.monitor, "due at another time than its interval has it"); });
  const std::int64_t since_ns = free_since_ns(monitor);
  // The monitor's last attempt may have ended after this one began to wait for it, not before.
  require(!scenario_.calm || attempt.start_ns <= since_ns + 2 * tick_ns_, Invariant::kSchedule,
          [&] { return about(outcome.monitor, "a check that nothing held back began late"); });
  // Else a retry was cut so lately that its notice is still on its way: it was not due before that.
  if (!monitor.waiting) {
    by_shard_[monitor.shard].begun.push_back({attempt.order, since_ns, attempt.monitor});
  }
  if (once()) {
    monitor.next_due_ns = kNever;
    return;
  }
  const std::int64_t interval_ns = policy(outcome.monitor).interval_ms * kMillisecond;
  const std::int64_t behind = late_ns / interval_ns;
  require(outcome.skipped == behind, Invariant::kSchedule,
          [&] { return about(outcome.monitor, "tells of other checks than it skipped"); });
  if (behind > 0) faults_.count(Fault::kCheckSkipped);
  skipped_ += static_cast<std::uint64_t>(behind);
  monitor.next_due_ns += (behind + 1) * interval_ns;
}

void Model::check_retry(Monitor& monitor, const Attempt& attempt, const Outcome& outcome) {
  const auto& waiting = monitor.waiting;
  require(waiting && outcome.attempt == waiting->report.attempts + 1, Invariant::kRetries,
          [&] { return about(outcome.monitor, "a retry that nobody asked for"); });
  require(outcome.check == waiting->report.check &&
              outcome.scheduled_unix_ms == waiting->report.scheduled_unix_ms,
          Invariant::kRetries, [&] { return about(outcome.monitor, "a retry of another check"); });
  const std::int64_t delay_ns = policy(outcome.monitor).retry_delay_ms * kMillisecond;
  require(attempt.start_ns >= waiting->end_ns + delay_ns, Invariant::kRetries,
          [&] { return about(outcome.monitor, "a retry before its delay was over"); });
  require(!scenario_.calm || attempt.start_ns <= waiting->asked_ns + delay_ns + 2 * tick_ns_,
          Invariant::kRetries,
          [&] { return about(outcome.monitor, "a retry that nothing held back began late"); });
  require(once() || attempt.start_ns < monitor.next_due_ns, Invariant::kRetries,
          [&] { return about(outcome.monitor, "a retry after the next check was due"); });
}

std::int64_t Model::deadline_ns(const Attempt& attempt, const Outcome& outcome) const {
  const std::int64_t timeout_ns = policy(attempt.monitor).timeout_ms * kMillisecond;
  const std::int64_t own_ns = attempt.start_ns + timeout_ns;
  return outcome.attempt == 1 ? own_ns : std::min(own_ns, by_monitor_[attempt.monitor].next_due_ns);
}

void Model::check_times(const Attempt& attempt, const Outcome& outcome, std::int64_t waited_ns) {
  const engine::PhaseTimes& times = outcome.times;
  std::int64_t sum_ns = 0;
  for (const std::int64_t phase_ns :
       {times.dns_ns, times.connect_ns, times.starttls_ns, times.tls_ns, times.response_ns}) {
    require(phase_ns >= engine::kNotMeasured, Invariant::kPhaseTimes,
            [&] { return about(outcome.monitor, "a phase took less than no time"); });
    sum_ns += std::max<std::int64_t>(phase_ns, 0);
  }
  require(times.total_ns >= 0 && sum_ns <= times.total_ns, Invariant::kPhaseTimes,
          [&] { return about(outcome.monitor, "the phases took longer than all of it"); });
  const std::int64_t end_ns = attempt.start_ns + times.total_ns;
  require(end_ns <= now_ns(), Invariant::kPhaseTimes,
          [&] { return about(outcome.monitor, "ends in the future"); });
  // An outcome that finds the ring full is offered again a millisecond later.
  const std::int64_t rounds =
      1 + scenario_.shard.slots / static_cast<std::int64_t>(scenario_.shard.outcome_ring);
  require(now_ns() - end_ns <= waited_ns + rounds * tick_ns_ * 2, Invariant::kTimely,
          [&] { return about(outcome.monitor, "an outcome was held back"); });
  require(end_ns <= deadline_ns(attempt, outcome) + 2 * tick_ns_, Invariant::kTimely, [&] {
    return about(outcome.monitor,
                 "an attempt took " + std::to_string(times.total_ns / kMillisecond) + " ms");
  });
  const Monitor& monitor = by_monitor_[outcome.monitor];
  require(attempt.start_ns >= monitor.last_end_ns, Invariant::kNoOverlap,
          [&] { return about(outcome.monitor, "begins before its last attempt has ended"); });
  check_heirs(outcome.monitor, end_ns);
}

// Checks begin in the order in which they came due. When a retry before one was cut is not known
// where the evaluator learnt of that later.
void Model::check_order() {
  if (faults_.weight(Fault::kEvaluatorStalls) > 0 || bounded()) return;
  for (Shard& shard : by_shard_) {
    std::sort(shard.begun.begin(), shard.begun.end());
    std::int64_t latest_ns = 0;
    for (const Begun& check : shard.begun) {
      require(check.due_ns >= latest_ns - 2 * tick_ns_, Invariant::kSchedule, [&] {
        return about(check.monitor, "was due at " + std::to_string(check.due_ns) +
                                        " and began after one that was due later");
      });
      latest_ns = std::max(latest_ns, check.due_ns);
    }
  }
}

// Nothing that happened to it takes long, so that running into a timeout would be its own doing.
bool Model::must_be_prompt(const Attempt& attempt) const {
  constexpr Fault kSlow[] = {Fault::kHeldCompletions, Fault::kLateReturn, Fault::kFewCompletions};
  const bool slow =
      std::ranges::any_of(kSlow, [&](Fault each) { return faults_.weight(each) > 0; });
  const bool answers = !attempt.met.empty() && (attempt.met.back().second & kTimeouts) == 0;
  return scenario_.targets[attempt.monitor].literal && !slow && !attempt.held_up && answers &&
         policy(attempt.monitor).timeout_ms >= 1000 && policy(attempt.monitor).max_retries == 0;
}

Codes Model::allowed(const Attempt& attempt, std::int64_t end_ns) const {
  const Target& target = scenario_.targets[attempt.monitor];
  Codes allowed = attempt.failed_for_us;
  for (const auto& [since_ns, codes] : attempt.met) {
    if (since_ns < end_ns) allowed = codes | attempt.failed_for_us;
  }
  if (target.literal) return allowed;
  const std::string name = lower(target.spec.host);
  const bool denied = std::ranges::any_of(servers_.name(name).addresses, [&](const auto& address) {
    return !scenario_.shard.egress.permits(address);
  });
  if (denied) allowed |= code_bit(FailureCode::kPolicyDenied);
  if (attempt.met.empty()) allowed |= servers_.said(name);
  return allowed;
}

void Model::check_code(const Attempt& attempt, const Outcome& outcome) const {
  const Target& target = scenario_.targets[attempt.monitor];
  const std::int64_t end_ns = attempt.start_ns + outcome.times.total_ns;
  if (outcome.failure == FailureCode::kLocalShutdown) {
    require(end_ns >= aborted_ns_, Invariant::kVerdict,
            [&] { return about(outcome.monitor, "a shutdown that was not"); });
    return;
  }
  require(end_ns <= (aborted_ns_ == kNever ? kNever : aborted_ns_ + tick_ns_), Invariant::kEnd,
          [&] { return about(outcome.monitor, "goes on after the abort"); });
  Codes allowed = this->allowed(attempt, end_ns);
  const bool ours = (allowed & ~kOurs) == 0 && allowed != 0;
  if (end_ns >= deadline_ns(attempt, outcome) && !must_be_prompt(attempt)) {
    allowed |= kTimeouts;
    // What is judged is what has come.
    if (target.service.kind == ServiceKind::kBody) allowed |= code_bit(FailureCode::kNone);
  }
  const bool fits = (allowed & code_bit(outcome.failure)) != 0;
  // One address that was not reached for want of something of ours might have been good.
  const bool blamed = outcome.failure_phase == engine::Phase::kConnect &&
                      !engine::failure_info(outcome.failure).ours && attempt.failed_for_us != 0;
  require(!blamed, Invariant::kBlame,
          [&] { return about(outcome.monitor, "is blamed, where an address failed for us"); });
  require(fits, ours ? Invariant::kBlame : Invariant::kVerdict, [&] {
    return about(outcome.monitor, "ended as " +
                                      std::string(engine::failure_info(outcome.failure).name) +
                                      " (" + std::string(outcome.detail_text()) +
                                      "), where may be: " + codes_text(allowed));
  });
}

Model::Expected Model::report_of(const Outcome& outcome) const {
  Expected report{outcome.check, outcome.scheduled_unix_ms, outcome.attempt, outcome.failure,
                  outcome.started_unix_ms};
  report.skipped = outcome.skipped;
  if (engine::failure_info(outcome.failure).ours) return report;
  const bool inverted = policy(outcome.monitor).should_fail;
  const bool body = scenario_.targets[outcome.monitor].service.kind == ServiceKind::kBody;
  const bool whole = !body || outcome.response_text().find(kBodyEnd) != std::string_view::npos;
  const bool succeeded = outcome.failure == FailureCode::kNone;
  report.may_be_up = inverted ? !succeeded : succeeded && whole;
  report.may_be_down = !report.may_be_up;
  return report;
}

}  // namespace tracer::sim
