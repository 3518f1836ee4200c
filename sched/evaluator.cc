#include "sched/evaluator.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "sched/limits.h"

namespace tracer::sched {

using engine::Outcome;
using engine::Report;
using engine::Verdict;

Evaluator::Evaluator(ConfigurationRef configuration, std::vector<std::unique_ptr<Shard>>& shards,
                     ReportSink& sink, Wakeup& wakeup, const engine::Clock& clock)
    : configuration_(std::move(configuration)),
      shards_(shards),
      sink_(sink),
      wakeup_(wakeup),
      clock_(clock),
      histories_(configuration_->monitors.size()) {
  reports_.reserve(limits::kEvaluatorBatch);
}

void Evaluator::run() {
  while (!over()) {
    if (may_sleep()) {
      wakeup_.sleep(std::chrono::nanoseconds(limits::kSinkTickNs));
    } else if (!over()) {
      // More will come soon. To be woken for each handful would cost the shards a system call each.
      std::this_thread::sleep_for(std::chrono::nanoseconds(limits::kEvaluatorRestNs));
    }
  }
}

bool Evaluator::may_sleep() {
  if (step() > 0) return false;
  wakeup_.prepare();
  return step() == 0 && !over();
}

std::size_t Evaluator::step() {
  take_change();
  const std::size_t taken = take_outcomes();
  tick_sink();
  return taken;
}

void Evaluator::take_change() {
  EvaluatorChange* change = change_.take();
  if (change == nullptr) return;
  // What is in the rings now may be the last word on monitors whose indices are given away again.
  for (const auto& shard : shards_) {
    for (std::size_t left = shard->outcomes().size(); left > 0;) {
      left -= std::min(left, take_outcomes_of(*shard));
    }
  }
  std::swap(configuration_, change->configuration);
  histories_.resize(configuration_->monitors.size());
  for (const std::uint32_t monitor : change->added) histories_.set(monitor, {});
  for (const auto& [before, now] : change->changed) histories_.carry(before, now);
  for (const std::uint32_t monitor : change->removed) histories_.set(monitor, {});
  // Retries of removed monitors are not settled here: some may be under way already, and of every
  // one comes an outcome or a notice.
  sink_.monitors_changed(configuration_->monitors);
  change_.finish();
}

bool Evaluator::over() const {
  std::uint64_t started = 0;
  for (const auto& shard : shards_) {
    if (!shard->all_started()) return false;
    started += shard->checks_started();
  }
  return summary_.reports == started;
}

std::size_t Evaluator::take_outcomes() {
  std::size_t taken = 0;
  for (const auto& shard : shards_) taken += take_outcomes_of(*shard);
  return taken;
}

std::size_t Evaluator::take_outcomes_of(Shard& shard) {
  const std::uint64_t retries = summary_.retries;
  std::size_t taken = 0;
  while (taken < limits::kEvaluatorBatch) {  // twice where the ring's end comes between
    const auto outcomes = shard.outcomes().front(limits::kEvaluatorBatch - taken);
    if (outcomes.empty()) break;
    for (const Outcome& outcome : outcomes) take(shard, outcome);
    shard.outcomes().release(outcomes.size());
    taken += outcomes.size();
  }
  if (taken == 0) return 0;
  if (summary_.retries != retries) shard.wake();
  write_reports();
  summary_.retries_waiting = waiting_.size();
  published_.store(summary_);
  return taken;
}

void Evaluator::take(Shard& shard, const Outcome& outcome) {
  if (outcome.skipped != 0 && !retired(outcome.monitor)) {
    histories_.skip(outcome.monitor, outcome.skipped);
  }
  const auto earlier = waiting_.find(outcome.monitor);
  if (outcome.retry_cut) {
    // One that names another check comes too late: that check has been settled meanwhile.
    if (earlier == waiting_.end() || earlier->second.outcome.check != outcome.check) return;
    ++summary_.retries_cut;
    settle(outcome.monitor);
    return;
  }
  if (earlier != waiting_.end() && outcome.attempt > 1 &&
      outcome.failure == engine::FailureCode::kLocalShutdown) {
    ++summary_.retries_cut;  // a retry that was broken off says less than what went before it
    Outcome(outcome).release_payload();
    settle(outcome.monitor);
    return;
  }
  std::uint32_t skipped = outcome.skipped;
  if (earlier != waiting_.end() && outcome.attempt == 1) {
    ++summary_.retries_cut;  // its notice is on its way
    settle(outcome.monitor);
  } else if (earlier != waiting_.end()) {
    skipped += earlier->second.outcome.skipped;
    earlier->second.outcome.release_payload();
    waiting_.erase(earlier);
  }
  const engine::MonitorSet& monitors = configuration_->monitors;
  const engine::Monitor& monitor = monitors.at(outcome.monitor);
  const engine::CheckPolicy& policy = monitors.policy(monitor);
  Report& report = reports_.emplace_back(engine::judge(outcome, policy));
  report.outcome.skipped = skipped;  // by the check, in whichever attempt
  if (!monitor.retired && wants_retry(report, policy)) {
    ask_for_retry(shard, report, policy);
    reports_.pop_back();
  } else {
    conclude(report);
  }
}

// The check ends with what it has found so far.
void Evaluator::settle(std::uint32_t monitor) {
  const auto found = waiting_.find(monitor);
  conclude(reports_.emplace_back(found->second));
  waiting_.erase(found);
}

bool Evaluator::retired(std::uint32_t monitor) const {
  return configuration_->monitors.at(monitor).retired;
}

// The check is over: the monitor's history goes on by it, unless another one has taken that over.
void Evaluator::conclude(Report& report) {
  const std::uint32_t monitor = report.outcome.monitor;
  report.before = histories_.at(monitor);
  if (engine::is_observed(report.failure) && !retired(monitor)) {
    histories_.observe(monitor, report.verdict, report.outcome.started_unix_ms);
  }
  report.after = histories_.at(monitor);
}

void Evaluator::ask_for_retry(Shard& shard, const Report& report,
                              const engine::CheckPolicy& policy) {
  const Outcome& outcome = report.outcome;
  waiting_.emplace(outcome.monitor, report);
  ++summary_.retries;
  const Retry retry{outcome.monitor, static_cast<std::uint8_t>(outcome.attempt + 1),
                    policy.retry_delay_ms, outcome.check};
  // A shard never waits for an evaluator to take commands, so this ends.
  while (!shard.retry(retry)) {
    shard.wake();
    std::this_thread::yield();
  }
}

bool Evaluator::wants_retry(const Report& report, const engine::CheckPolicy& policy) const {
  if (report.outcome.attempt > policy.max_retries) return false;
  if (report.failure == engine::FailureCode::kLocalShutdown) return false;
  if (draining_.load(std::memory_order_relaxed)) return false;
  return report.verdict == Verdict::kDown || report.verdict == Verdict::kUnknown;
}

void Evaluator::write_reports() {
  if (reports_.empty()) return;
  sink_.write(reports_);
  summary_.reports += reports_.size();
  for (Report& report : reports_) {
    ++summary_.by_verdict[static_cast<std::size_t>(report.verdict)];
    if (report.verdict != Verdict::kUp) {
      ++summary_.by_failure[static_cast<std::size_t>(report.failure)];
    }
    report.outcome.release_payload();
  }
  reports_.clear();
}

void Evaluator::tick_sink() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns < next_sink_tick_ns_) return;
  next_sink_tick_ns_ = now_ns + limits::kSinkTickNs;
  sink_.tick();
  // Reports that arrive nowhere are not worth another check.
  if (!sink_.broken() || draining_.exchange(true, std::memory_order_relaxed)) return;
  for (const auto& shard : shards_) shard->drain();
}

}  // namespace tracer::sched
