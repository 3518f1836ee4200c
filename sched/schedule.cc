#include "sched/schedule.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tracer::sched {

using engine::Attempt;
using engine::Tick;

Schedule::Schedule(const engine::MonitorSet& monitors, Repetition repetition, TimingWheel& wheel,
                   TimerId first_timer, const std::optional<LoadPlan>& load)
    : monitors_(&monitors), repetition_(repetition), wheel_(wheel), first_timer_(first_timer) {
  if (load) load_.emplace(*load);
}

void Schedule::follow(const engine::MonitorSet& monitors) { monitors_ = &monitors; }

void Schedule::reserve(std::size_t monitors) {
  share_.reserve(monitors);
  plans_.reserve(monitors);
  wheel_.grow(first_timer_ + static_cast<std::uint32_t>(monitors));
}

void Schedule::add(std::uint32_t monitor, const Tick& tick) {
  if (ended_) return;
  assert(!knows(monitor));
  if (monitor >= positions_.size()) positions_.resize(monitors_->size(), kNobody);
  std::uint32_t position = static_cast<std::uint32_t>(plans_.size());
  if (free_.empty()) {
    share_.push_back(monitor);
    plans_.emplace_back();
    wheel_.grow(first_timer_ + position + 1);
  } else {
    position = free_.back();
    free_.pop_back();
    share_[position] = monitor;
    plans_[position] = {};
  }
  positions_[monitor] = position;
  Plan& plan = plans_[position];
  if (load_) {
    assert(share_.size() == 1);
    load_->begin(tick.now_ns);
    return;
  }
  if (const auto earlier = leaving_.find(id_hash(position)); earlier != leaving_.end()) {
    plan.behind = true;
    plans_[earlier->second].heir = position;
  }
  plan.due_ns = once() ? tick.now_ns : first_due_ns(monitor, tick);
  if (once()) {
    come_due(position);
  } else {
    wheel_.schedule(first_timer_ + position, plan.due_ns);
  }
}

// The first point of the monitor's grid, in whole milliseconds of the wall clock, from now on.
std::int64_t Schedule::first_due_ns(std::uint32_t monitor, const Tick& tick) const {
  const std::int64_t interval_ms = policy(monitor).interval_ms;
  const std::uint64_t hash = monitors_->at(monitor).id_hash;
  const auto offset_ms = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(interval_ms));
  const std::int64_t past_ms = (tick.unix_ms - offset_ms) % interval_ms;
  const std::int64_t wait_ms = past_ms > 0 ? interval_ms - past_ms : -past_ms;
  return tick.now_ns + wait_ms * 1'000'000;
}

void Schedule::come_due(std::uint32_t position) {
  Plan& plan = plans_[position];
  plan.state = plan.behind ? State::kKeptBack : State::kDue;
  if (!plan.behind) due_.push_back(position);
}

void Schedule::remove(std::uint32_t monitor) {
  if (!knows(monitor)) return;
  const std::uint32_t position = positions_[monitor];
  Plan& plan = plans_[position];
  wheel_.cancel(first_timer_ + position);
  switch (plan.state) {
    case State::kRetryWaiting:
    case State::kRetryHeld:
      cut(position);
      [[fallthrough]];
    case State::kIdle:
    case State::kKeptBack:
      // One that is behind stays, so that whoever takes its place in turn is behind as well.
      if (plan.behind) {
        leave(position);
      } else {
        release(position);
      }
      return;
    case State::kRetryDue:
      cut(position);
      [[fallthrough]];
    case State::kDue:
      plan.state = State::kGone;
      return;
    case State::kRunning:
      leave(position);
      return;
    case State::kLeaving:
    case State::kGone:
      assert(false && "a monitor is removed once");
  }
}

std::uint64_t Schedule::id_hash(std::uint32_t position) const {
  return monitors_->at(share_[position]).id_hash;
}

void Schedule::leave(std::uint32_t position) {
  plans_[position].state = State::kLeaving;
  leaving_[id_hash(position)] = position;
}

void Schedule::release(std::uint32_t position) {
  if (plans_[position].state == State::kLeaving) {
    const auto last = leaving_.find(id_hash(position));
    if (last != leaving_.end() && last->second == position) leaving_.erase(last);
  }
  departed_.push_back(share_[position]);
  positions_[share_[position]] = kNobody;
  free_.push_back(position);
  const std::uint32_t heir = std::exchange(plans_[position].heir, kNobody);
  if (heir != kNobody) step_forward(heir);
}

// Nothing of what it takes the place of is under way any more.
void Schedule::step_forward(std::uint32_t heir) {
  Plan& plan = plans_[heir];
  plan.behind = false;
  if (plan.state == State::kKeptBack) come_due(heir);
  if (plan.state == State::kLeaving) release(heir);
}

const engine::CheckPolicy& Schedule::policy(std::uint32_t monitor) const {
  return monitors_->policy(monitors_->at(monitor));
}

std::int64_t Schedule::interval_ns(std::uint32_t position) const {
  return policy(share_[position]).interval_ms * 1'000'000;
}

void Schedule::on_timer(TimerId timer) {
  const std::uint32_t position = timer - first_timer_;
  Plan& plan = plans_[position];
  if (plan.state == State::kRetryWaiting) {
    plan.state = State::kRetryDue;
    retries_.push_back(position);
    return;
  }
  assert(plan.state == State::kIdle || plan.state == State::kRetryHeld);
  if (plan.state == State::kRetryHeld) cut(position);
  come_due(position);
}

// What has come due by the time a check starts is skipped, not piled up: so it is that a check is
// skipped when the one before it is a whole interval behind.
std::uint32_t Schedule::skip_past(std::uint32_t position, std::int64_t now_ns) {
  Plan& plan = plans_[position];
  if (once() || now_ns < plan.due_ns) return 0;
  const std::int64_t interval = interval_ns(position);
  const std::int64_t behind = (now_ns - plan.due_ns) / interval + 1;
  skipped_ += static_cast<std::uint64_t>(behind);
  plan.due_ns += behind * interval;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(behind, UINT32_MAX));
}

void Schedule::wait_until_due(std::uint32_t position) {
  plans_[position].state = State::kIdle;
  if (!once() && !ended_) wheel_.schedule(first_timer_ + position, plans_[position].due_ns);
}

void Schedule::cut(std::uint32_t position) {
  const Plan& plan = plans_[position];
  cut_.push_back({share_[position], plan.retry_attempt, 0, plan.check});
}

std::optional<Attempt> Schedule::next_retry(const Tick& tick) {
  while (!retries_.empty()) {
    const std::uint32_t position = retries_.front();
    retries_.pop_front();
    Plan& plan = plans_[position];
    if (plan.state == State::kGone) {
      release(position);
      continue;
    }
    if (!once() && tick.now_ns >= plan.due_ns) {
      cut(position);
      wait_until_due(position);
      continue;
    }
    Attempt attempt{share_[position], plan.retry_attempt, plan.scheduled_unix_ms};
    attempt.check = plan.check;
    if (!once()) attempt.not_after_ns = plan.due_ns;
    plan.state = State::kRunning;
    return attempt;
  }
  return std::nullopt;
}

std::optional<Attempt> Schedule::next_of_load(const Tick& tick) {
  const auto start = load_->next(tick.now_ns);
  if (!start) return std::nullopt;
  Attempt attempt{.monitor = share_.front()};
  attempt.late_ns = start->late_ns;
  attempt.scheduled_unix_ms = tick.unix_ms - start->late_ns / 1'000'000;
  attempt.check = ++begun_;
  attempt.warm_up = start->warm_up;
  return attempt;
}

std::optional<Attempt> Schedule::next(const Tick& tick) {
  if (load_) return next_of_load(tick);
  if (auto attempt = next_retry(tick)) return attempt;
  while (!due_.empty()) {
    const std::uint32_t position = due_.front();
    due_.pop_front();
    Plan& plan = plans_[position];
    if (plan.state == State::kGone) {
      release(position);
      continue;
    }
    Attempt attempt{.monitor = share_[position]};
    attempt.late_ns = tick.now_ns - plan.due_ns;
    attempt.scheduled_unix_ms = tick.unix_ms - attempt.late_ns / 1'000'000;
    attempt.check = ++begun_;
    plan.check = attempt.check;
    plan.scheduled_unix_ms = attempt.scheduled_unix_ms;
    plan.state = State::kRunning;
    if (!once()) plan.due_ns += interval_ns(position);
    attempt.skipped = skip_past(position, tick.now_ns);
    return attempt;
  }
  return std::nullopt;
}

void Schedule::hold(const Attempt& attempt) {
  if (attempt.number == 1) return;
  assert(knows(attempt.monitor));
  const std::uint32_t position = positions_[attempt.monitor];
  if (plans_[position].state == State::kLeaving) {
    cut(position);
    release(position);
    return;
  }
  if (ended_) cut(position);
  wait_until_due(position);  // which is the time of the next check
  if (!ended_) plans_[position].state = State::kRetryHeld;
}

bool Schedule::resume(Attempt& attempt, const Tick& tick) {
  if (!knows(attempt.monitor)) return false;
  const std::uint32_t position = positions_[attempt.monitor];
  Plan& plan = plans_[position];
  if (attempt.number == 1) {
    if (!ended_) attempt.skipped += skip_past(position, tick.now_ns);
    return true;
  }
  // One that is not held any more has been cut; and another one may be held since then.
  if (plan.state != State::kRetryHeld || plan.retry_attempt != attempt.number ||
      plan.check != attempt.check) {
    return false;
  }
  if (tick.now_ns >= attempt.not_after_ns) {  // its timer fires within a millisecond
    cut(position);
    wait_until_due(position);
    return false;
  }
  wheel_.cancel(first_timer_ + position);
  plan.state = State::kRunning;
  return true;
}

void Schedule::ended(std::uint32_t monitor) {
  assert(knows(monitor));
  if (load_) return;
  const std::uint32_t position = positions_[monitor];
  if (plans_[position].state == State::kLeaving) {
    release(position);
    return;
  }
  assert(plans_[position].state == State::kRunning);
  wait_until_due(position);
}

void Schedule::retry(const Retry& retry, const Tick& tick) {
  assert(!load_);
  if (!knows(retry.monitor)) {
    cut_.push_back(retry);
    return;
  }
  const std::uint32_t position = positions_[retry.monitor];
  Plan& plan = plans_[position];
  const std::int64_t at_ns = tick.now_ns + retry.delay_ms * 1'000'000;
  const bool superseded =
      plan.state != State::kIdle || plan.check != retry.check || (!once() && at_ns >= plan.due_ns);
  if (ended_ || superseded) {
    cut_.push_back(retry);
    return;
  }
  plan.state = State::kRetryWaiting;
  plan.retry_attempt = retry.attempt;
  wheel_.schedule(first_timer_ + position, at_ns);
}

bool Schedule::over(const Tick& tick) {
  if (!load_) return ended_ || (once() && due_.empty());
  load_->look(tick.now_ns);
  return load_->over();
}

void Schedule::end() {
  if (ended_) return;
  ended_ = true;
  if (load_) load_->end();
  due_.clear();
  retries_.clear();
  for (const std::uint32_t position : positions_) {
    if (position == kNobody) continue;
    const State state = plans_[position].state;
    if (state == State::kRunning || state == State::kLeaving) continue;
    if (state == State::kGone) {
      release(position);
      continue;
    }
    const bool of_retry =
        state == State::kRetryWaiting || state == State::kRetryDue || state == State::kRetryHeld;
    if (of_retry) cut(position);
    wheel_.cancel(first_timer_ + position);
    plans_[position].state = State::kIdle;
  }
}

}  // namespace tracer::sched
