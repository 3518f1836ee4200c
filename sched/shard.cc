#include "sched/shard.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "sched/limits.h"

namespace tracer::sched {

using engine::Attempt;
using engine::Completion;
using engine::Outcome;
using engine::Slot;
using engine::TokenOwner;

Shard::Shard(const ShardOptions& options, const ShardParts& parts,
             const engine::MonitorSet& monitors, const engine::TrustStores& trust,
             std::vector<std::uint32_t> share, Wakeup& evaluator)
    : options_(options),
      parts_(parts),
      monitors_(monitors),
      trust_(trust),
      share_(std::move(share)),
      evaluator_(evaluator),
      judge_(options.remembered_chains),
      wheel_(options.slots + static_cast<std::uint32_t>(share_.size()),
             parts.clock->monotonic_ns()),
      waiting_retries_(share_.size()),
      outcomes_(limits::kOutcomeRingSize),
      commands_(limits::kCommandRingSize) {}

Shard::~Shard() = default;

tl::expected<void, std::string> Shard::prepare() {
  auto ring = parts_.ring(options_.slots);
  if (!ring) return tl::unexpected(ring.error());
  ring_ = std::move(*ring);
  auto resolver = parts_.resolver(*ring_);
  if (!resolver) return tl::unexpected(resolver.error());
  resolver_ = std::move(*resolver);
  auto contexts = engine::TlsContexts::create(monitors_);
  if (!contexts) return tl::unexpected(contexts.error());
  contexts_ = std::move(*contexts);
  probes_ = std::make_unique<engine::ProbePool>(
      engine::ProbePool::Environment{monitors_, trust_, contexts_, options_.egress, judge_,
                                     *resolver_, *ring_, *this},
      options_.slots);
  for (Slot slot = options_.slots; slot > 0; --slot) free_slots_.push_back(slot - 1);
  return {};
}

void Shard::run() {
  read_clock();
  sweep_unix_ms_ = tick_.unix_ms;
  while (work_left()) tick();
  publish_outcomes();
}

// Slots are given back only when their sockets are closed, so a shard ends with none open.
bool Shard::work_left() const {
  return !stopping_.load(std::memory_order_acquire) || free_slots_.size() < options_.slots ||
         !finished_.empty();
}

void Shard::tick() {
  take_commands();
  fire_timers();
  publish_outcomes();
  start_probes();
  // After the starts, so that a last attempt does not outlive this tick either.
  if (aborting_.load(std::memory_order_relaxed)) {
    for (Slot slot = 0; slot < options_.slots; ++slot) probes_->abort(slot, tick_);
  }
  const bool last_start = next_start_ == share_.size() || hurried_;
  if (last_start && !all_started_.exchange(true, std::memory_order_release)) evaluator_.raise();
  publish_outcomes();
  in_flight_.store(options_.slots - static_cast<std::uint32_t>(free_slots_.size()),
                   std::memory_order_relaxed);
  const auto completions = ring_->wait(wait_ns());
  read_clock();
  dispatch(completions);
}

void Shard::read_clock() {
  tick_.now_ns = parts_.clock->monotonic_ns();
  tick_.unix_ms = parts_.clock->unix_ms();
}

TimerId Shard::retry_timer(std::uint32_t monitor) const {
  const auto found = std::ranges::lower_bound(share_, monitor);
  assert(found != share_.end() && *found == monitor);
  return options_.slots + static_cast<TimerId>(found - share_.begin());
}

void Shard::take_commands() {
  std::array<Retry, 64> batch;
  std::size_t count = 0;
  while ((count = commands_.pop(batch)) > 0) {
    for (const Retry& retry : std::span(batch).first(count)) {
      const TimerId timer = retry_timer(retry.monitor);
      waiting_retries_[timer - options_.slots] = retry;
      const std::int64_t delay_ms = hurried_ ? 0 : retry.delay_ms;
      wheel_.schedule(timer, tick_.now_ns + delay_ms * 1'000'000);
    }
  }
  if (!draining_.load(std::memory_order_relaxed) || hurried_) return;
  // Nobody waits for a delay any more: every check that began gets its last attempt now.
  hurried_ = true;
  for (std::size_t position = 0; position < share_.size(); ++position) {
    const TimerId timer = options_.slots + static_cast<TimerId>(position);
    if (wheel_.pending(timer)) wheel_.schedule(timer, tick_.now_ns);
  }
}

void Shard::fire_timers() {
  fired_.clear();
  wheel_.advance(tick_.now_ns, fired_);
  for (const TimerId timer : fired_) {
    if (timer < options_.slots) {
      probes_->on_deadline(timer, tick_);
    } else {
      const Retry& retry = waiting_retries_[timer - options_.slots];
      due_retries_.push_back({retry.monitor, retry.attempt, retry.scheduled_unix_ms});
    }
  }
  resolver_->expire(tick_.now_ns);
  for (const auto& [slot, answer] : resolver_->take_answers()) {
    probes_->on_answer(slot, answer, tick_);
  }
}

void Shard::start_probes() {
  for (std::size_t started = 0; started < limits::kStartsPerTick; ++started) {
    if (free_slots_.empty() || !finished_.empty()) return;
    Attempt attempt;
    if (!due_retries_.empty()) {
      attempt = due_retries_.front();
      due_retries_.pop_front();
    } else if (next_start_ < share_.size() && !hurried_) {
      attempt = {share_[next_start_++], 1, sweep_unix_ms_};
      checks_started_.fetch_add(1, std::memory_order_relaxed);
    } else {
      return;
    }
    const Slot slot = free_slots_.back();
    free_slots_.pop_back();
    probes_->start(slot, attempt, tick_);
  }
}

void Shard::finished(const Outcome& outcome) { finished_.push_back(outcome); }

void Shard::publish_outcomes() {
  const bool any = !finished_.empty();
  while (!finished_.empty() && outcomes_.push(finished_.front())) finished_.pop_front();
  if (any) evaluator_.raise();
}

void Shard::dispatch(std::span<const Completion> completions) {
  for (const Completion& completion : completions) {
    switch (engine::token_owner(completion.token)) {
      case TokenOwner::kProbe:
        probes_->on_completion(completion, tick_);
        break;
      case TokenOwner::kResolver:
        resolver_->on_completion(completion, tick_.now_ns);
        break;
    }
  }
}

std::int64_t Shard::wait_ns() const {
  if (!finished_.empty()) return limits::kStalledWaitNs;
  const bool can_start =
      !free_slots_.empty() && (!due_retries_.empty() || (next_start_ < share_.size() && !hurried_));
  if (can_start) return 0;
  const std::int64_t next = std::min(wheel_.next_deadline_ns(), resolver_->next_deadline_ns());
  if (next == TimingWheel::kNever) return -1;
  return std::max<std::int64_t>(next - tick_.now_ns, 0);
}

void Shard::set_deadline(Slot slot, std::int64_t deadline_ns) {
  wheel_.schedule(slot, deadline_ns);
}

void Shard::freed(Slot slot) {
  wheel_.cancel(slot);
  free_slots_.push_back(slot);
}

bool Shard::retry(const Retry& retry) { return commands_.push(retry); }
void Shard::wake() { ring_->wake(); }

void Shard::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}
void Shard::drain() {
  draining_.store(true, std::memory_order_relaxed);
  wake();
}
void Shard::abort() {
  aborting_.store(true, std::memory_order_relaxed);
  drain();
}

}  // namespace tracer::sched
