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
      evaluator_(evaluator),
      judge_(options.remembered_chains),
      wheel_(options.slots + static_cast<std::uint32_t>(share.size()), parts.clock->monotonic_ns()),
      schedule_(monitors, std::move(share), options.repetition, wheel_, options.slots),
      pacer_(options.starts_per_second),
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
  begin();
  while (step()) {
  }
}

void Shard::begin() {
  read_clock();
  schedule_.begin(tick_);
}

bool Shard::step() {
  if (!work_left()) return false;
  tick();
  return true;
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
  if (schedule_.over() && !all_started_.exchange(true, std::memory_order_release))
    evaluator_.raise();
  publish_outcomes();
  publish_statistics();
  const auto completions = ring_->wait(wait_ns());
  read_clock();
  dispatch(completions);
}

void Shard::read_clock() {
  tick_.now_ns = parts_.clock->monotonic_ns();
  tick_.unix_ms = parts_.clock->unix_ms();
}

void Shard::take_commands() {
  if (draining_.load(std::memory_order_relaxed)) schedule_.end();
  std::array<Retry, 64> batch;
  std::size_t count = 0;
  while ((count = commands_.pop(batch)) > 0) {
    for (const Retry& retry : std::span(batch).first(count)) schedule_.retry(retry, tick_);
  }
}

// Tells the evaluator of every retry that will not be made.
void Shard::report_cuts() {
  for (const Retry& retry : schedule_.take_cut()) {
    Outcome outcome;
    outcome.monitor = retry.monitor;
    outcome.attempt = retry.attempt;
    outcome.scheduled_unix_ms = retry.scheduled_unix_ms;
    outcome.retry_cut = true;
    finished_.push_back(outcome);
  }
}

void Shard::fire_timers() {
  fired_.clear();
  wheel_.advance(tick_.now_ns, fired_);
  for (const TimerId timer : fired_) {
    if (timer < options_.slots) {
      probes_->on_deadline(timer, tick_);
    } else {
      schedule_.on_timer(timer);
    }
  }
  resolver_->expire(tick_.now_ns);
  for (const auto& [slot, answer] : resolver_->take_answers()) {
    probes_->on_answer(slot, answer, tick_);
  }
}

void Shard::start_probes() {
  for (std::size_t started = 0; started < limits::kStartsPerTick; ++started) {
    if (free_slots_.empty() || !finished_.empty() || !schedule_.any_due()) break;
    if (!pacer_.take(tick_.now_ns)) break;
    const auto attempt = schedule_.next(tick_);
    if (!attempt) break;
    const Slot slot = free_slots_.back();
    free_slots_.pop_back();
    if (attempt->number == 1) lateness_.record(attempt->late_ns);
    probes_->start(slot, *attempt, tick_);
  }
  checks_started_.store(schedule_.begun(), std::memory_order_relaxed);
  report_cuts();
}

void Shard::finished(const Outcome& outcome) {
  schedule_.ended(outcome.monitor);
  finished_.push_back(outcome);
}

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

void Shard::publish_statistics() {
  ShardStatistics statistics;
  statistics.monitors = schedule_.monitors();
  statistics.skipped = schedule_.skipped();
  statistics.in_flight = options_.slots - free_slots_.size();
  statistics.due = schedule_.due();
  statistics.finished = finished_.size();
  statistics.names = resolver_->statistics();
  const ssl::ChainJudge::Statistics chains = judge_.statistics();
  statistics.chain_hits = chains.hits;
  statistics.chain_misses = chains.misses;
  statistics_.store(statistics);
}

std::int64_t Shard::wait_ns() const {
  if (!finished_.empty()) return limits::kStalledWaitNs;
  std::int64_t next = std::min(wheel_.next_deadline_ns(), resolver_->next_deadline_ns());
  if (!free_slots_.empty() && schedule_.any_due()) {
    next = std::min(next, tick_.now_ns + pacer_.wait_ns(tick_.now_ns));
  }
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
