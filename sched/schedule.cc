#include "sched/schedule.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tracer::sched {

using engine::Attempt;
using engine::Tick;

Schedule::Schedule(const engine::MonitorSet& monitors, std::vector<std::uint32_t> share,
                   Repetition repetition, TimingWheel& wheel, TimerId first_timer)
    : monitors_(monitors),
      share_(std::move(share)),
      repetition_(repetition),
      wheel_(wheel),
      first_timer_(first_timer),
      plans_(share_.size()) {}

void Schedule::begin(const Tick& tick) {
  for (std::uint32_t position = 0; position < share_.size(); ++position) {
    Plan& plan = plans_[position];
    plan.due_ns = tick.now_ns;
    if (once()) {
      plan.state = State::kDue;
      due_.push_back(position);
      continue;
    }
    const std::uint64_t hash = monitors_.at(share_[position]).id_hash;
    plan.due_ns +=
        static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(interval_ns(position)));
    wheel_.schedule(first_timer_ + position, plan.due_ns);
  }
}

std::uint32_t Schedule::position_of(std::uint32_t monitor) const {
  const auto found = std::ranges::lower_bound(share_, monitor);
  assert(found != share_.end() && *found == monitor);
  return static_cast<std::uint32_t>(found - share_.begin());
}

std::int64_t Schedule::interval_ns(std::uint32_t position) const {
  return monitors_.policy(monitors_.at(share_[position])).interval_ms * 1'000'000;
}

void Schedule::on_timer(TimerId timer) {
  const std::uint32_t position = timer - first_timer_;
  Plan& plan = plans_[position];
  if (plan.state == State::kRetryWaiting) {
    plan.state = State::kRetryDue;
    retries_.push_back(position);
  } else {
    assert(plan.state == State::kIdle);
    plan.state = State::kDue;
    due_.push_back(position);
  }
}

// What is a whole interval behind when it starts has had its successor come due: that one is
// skipped, not piled up.
void Schedule::plan_next(std::uint32_t position, std::int64_t now_ns) {
  Plan& plan = plans_[position];
  const std::int64_t interval = interval_ns(position);
  const std::int64_t behind = (now_ns - plan.due_ns) / interval;
  skipped_ += static_cast<std::uint64_t>(behind);
  plan.due_ns += (behind + 1) * interval;
}

void Schedule::wait_until_due(std::uint32_t position) {
  plans_[position].state = State::kIdle;
  if (!once() && !ended_) wheel_.schedule(first_timer_ + position, plans_[position].due_ns);
}

void Schedule::cut(std::uint32_t position) {
  const Plan& plan = plans_[position];
  cut_.push_back({share_[position], plan.retry_attempt, 0, plan.scheduled_unix_ms});
}

std::optional<Attempt> Schedule::next_retry(const Tick& tick) {
  while (!retries_.empty()) {
    const std::uint32_t position = retries_.front();
    retries_.pop_front();
    Plan& plan = plans_[position];
    if (!once() && tick.now_ns >= plan.due_ns) {
      cut(position);
      wait_until_due(position);
      continue;
    }
    Attempt attempt{share_[position], plan.retry_attempt, plan.scheduled_unix_ms};
    if (!once()) attempt.not_after_ns = plan.due_ns;
    plan.state = State::kRunning;
    return attempt;
  }
  return std::nullopt;
}

std::optional<Attempt> Schedule::next(const Tick& tick) {
  if (auto attempt = next_retry(tick)) return attempt;
  if (due_.empty()) return std::nullopt;
  const std::uint32_t position = due_.front();
  due_.pop_front();
  Plan& plan = plans_[position];
  Attempt attempt{.monitor = share_[position]};
  attempt.late_ns = tick.now_ns - plan.due_ns;
  attempt.scheduled_unix_ms = tick.unix_ms - attempt.late_ns / 1'000'000;
  plan.scheduled_unix_ms = attempt.scheduled_unix_ms;
  plan.state = State::kRunning;
  const std::uint64_t skipped_before = skipped_;
  if (!once()) plan_next(position, tick.now_ns);
  attempt.skipped = static_cast<std::uint32_t>(skipped_ - skipped_before);
  ++begun_;
  return attempt;
}

void Schedule::ended(std::uint32_t monitor) {
  const std::uint32_t position = position_of(monitor);
  assert(plans_[position].state == State::kRunning);
  wait_until_due(position);
}

void Schedule::retry(const Retry& retry, const Tick& tick) {
  const std::uint32_t position = position_of(retry.monitor);
  Plan& plan = plans_[position];
  const std::int64_t at_ns = tick.now_ns + retry.delay_ms * 1'000'000;
  const bool superseded = plan.state != State::kIdle ||
                          plan.scheduled_unix_ms != retry.scheduled_unix_ms ||
                          (!once() && at_ns >= plan.due_ns);
  if (ended_ || superseded) {
    cut_.push_back(retry);
    return;
  }
  plan.state = State::kRetryWaiting;
  plan.retry_attempt = retry.attempt;
  wheel_.schedule(first_timer_ + position, at_ns);
}

void Schedule::end() {
  if (ended_) return;
  ended_ = true;
  due_.clear();
  retries_.clear();
  for (std::uint32_t position = 0; position < share_.size(); ++position) {
    const State state = plans_[position].state;
    if (state == State::kRunning) continue;
    if (state == State::kRetryWaiting || state == State::kRetryDue) cut(position);
    wheel_.cancel(first_timer_ + position);
    plans_[position].state = State::kIdle;
  }
}

}  // namespace tracer::sched
