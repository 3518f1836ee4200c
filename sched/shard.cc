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

Shard::Shard(const ShardOptions& options, const ShardParts& parts, ConfigurationRef configuration,
             std::vector<std::uint32_t> share, Wakeup& evaluator)
    : options_(options),
      parts_(parts),
      configuration_(std::move(configuration)),
      share_(std::move(share)),
      evaluator_(evaluator),
      judge_(options.remembered_chains),
      wheel_(options.slots, parts.clock->monotonic_ns()),
      schedule_(configuration_->monitors, options.repetition, wheel_, options.slots, options.load),
      pacer_(options.starts_per_second),
      destinations_(options.per_address, options.slots),
      outcomes_(options.outcome_ring),
      commands_(limits::kCommandRingSize) {}

Shard::~Shard() = default;

tl::expected<void, std::string> Shard::prepare() {
  auto ring = parts_.ring(options_.slots);
  if (!ring) return tl::unexpected(ring.error());
  ring_ = std::move(*ring);
  auto resolver = parts_.resolver(*ring_);
  if (!resolver) return tl::unexpected(resolver.error());
  resolver_ = std::move(*resolver);
  auto contexts = engine::TlsContexts::create(configuration_->monitors);
  if (!contexts) return tl::unexpected(contexts.error());
  contexts_ = std::move(*contexts);
  probes_ = std::make_unique<engine::ProbePool>(
      engine::ProbePool::Environment{
          {&configuration_->monitors, &configuration_->trust, &contexts_},
          options_.egress,
          judge_,
          *resolver_,
          *ring_,
          *this},
      options_.slots);
  for (Slot slot = options_.slots; slot > 0; --slot) free_slots_.push_back(slot - 1);
  monitor_in_.assign(options_.slots, Schedule::kNobody);
  return {};
}

void Shard::run() {
  begin();
  while (step()) {
  }
}

void Shard::begin() {
  read_clock();
  schedule_.reserve(share_.size());
  for (const std::uint32_t monitor : std::exchange(share_, {})) schedule_.add(monitor, tick_);
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
  take_change();
  take_commands();
  go_on_with_change();
  fire_timers();
  publish_outcomes();
  start_probes();
  // After the starts, so that a last attempt does not outlive this tick either.
  if (aborting_.load(std::memory_order_relaxed)) {
    for (Slot slot = 0; slot < options_.slots; ++slot) probes_->abort(slot, tick_);
  }
  if (schedule_.over(tick_) && !all_started_.exchange(true, std::memory_order_release))
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
  if (draining_.load(std::memory_order_relaxed)) drain_schedule();
  std::array<Retry, 64> batch;
  std::size_t count = 0;
  while ((count = commands_.pop(batch)) > 0) {
    for (const Retry& retry : std::span(batch).first(count)) schedule_.retry(retry, tick_);
  }
}

// Before the commands are taken: so all that the evaluator asked for before it made the same change
// has been heard when the first monitor is removed.
void Shard::take_change() {
  if (changing_ != nullptr) return;
  changing_ = change_.take();
  if (changing_ == nullptr) return;
  std::swap(configuration_, changing_->configuration);
  std::swap(contexts_, changing_->contexts);
  schedule_.follow(configuration_->monitors);
  probes_->follow({&configuration_->monitors, &configuration_->trust, &contexts_});
  change_removed_ = 0;
  change_added_ = 0;
}

void Shard::go_on_with_change() {
  if (changing_ == nullptr) return;
  std::size_t budget = limits::kChangesPerTick;
  const auto& [configuration, contexts, removed, added] = *changing_;
  for (; change_removed_ < removed.size() && budget > 0; --budget) {
    schedule_.remove(removed[change_removed_++]);
  }
  for (; change_added_ < added.size() && budget > 0; --budget) {
    schedule_.add(added[change_added_++], tick_);
  }
  if (change_removed_ < removed.size() || change_added_ < added.size()) return;
  changing_ = nullptr;
  change_.finish();
}

// What has departed is forgotten only once the evaluator can have heard the last of it.
void Shard::publish_departed() {
  if (!finished_.empty() || !not_made_.empty() || schedule_.any_cut()) return;
  std::vector<std::uint32_t> departed = schedule_.take_departed();
  if (!departed.empty()) keep_what_lingers(departed);
  departed.insert(departed.end(), departing_.begin(), departing_.end());
  departing_.clear();
  if (departed.empty()) return;
  const std::lock_guard lock(departed_mutex_);
  departed_.insert(departed_.end(), departed.begin(), departed.end());
}

// An attempt has ended when its outcome is there, but its socket may not be closed, and the kernel
// still read the bytes that the monitor's policy has it send.
void Shard::keep_what_lingers(std::vector<std::uint32_t>& departed) {
  const std::unordered_set<std::uint32_t> in_slots(monitor_in_.begin(), monitor_in_.end());
  std::erase_if(departed, [&](std::uint32_t monitor) {
    const bool lingers = in_slots.contains(monitor);
    if (lingers) lingering_.insert(monitor);
    return lingers;
  });
}

void Shard::take_departed(std::vector<std::uint32_t>& monitors) {
  const std::lock_guard lock(departed_mutex_);
  monitors.insert(monitors.end(), departed_.begin(), departed_.end());
  departed_.clear();
}

// What waits for its address has begun, and ends as what is under way does at a second signal.
void Shard::drain_schedule() {
  schedule_.end();
  for (Attempt& attempt : destinations_.take_waiting()) {
    if (!schedule_.resume(attempt, tick_)) continue;
    schedule_.ended(attempt.monitor);
    not_made_.push_back({attempt.monitor, attempt.number, false, attempt.skipped, attempt.check,
                         attempt.scheduled_unix_ms});
  }
}

// Tells the evaluator of every attempt that will not be made; as there is room for it, because
// there may be as many as there are monitors.
void Shard::report_not_made() {
  for (const Retry& cut : schedule_.take_cut()) {
    not_made_.push_back({cut.monitor, cut.attempt, true, 0, cut.check, 0});
  }
  while (!not_made_.empty() && finished_.empty()) {
    finished_.push_back(outcome_of(not_made_.front()));
    not_made_.pop_front();
    publish_outcomes();
  }
}

Outcome Shard::outcome_of(const NotMade& attempt) const {
  Outcome outcome;
  outcome.monitor = attempt.monitor;
  outcome.attempt = attempt.attempt;
  outcome.check = attempt.check;
  outcome.scheduled_unix_ms = attempt.scheduled_unix_ms;
  outcome.skipped = attempt.skipped;
  outcome.retry_cut = attempt.is_cut;
  if (attempt.is_cut) return outcome;
  outcome.failure = engine::FailureCode::kLocalShutdown;
  outcome.started_unix_ms = tick_.unix_ms;
  outcome.times.total_ns = 0;
  return outcome;
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
  const std::optional<Restraint> before = std::exchange(restraint_, start_what_is_due());
  const auto held_ns = static_cast<std::uint64_t>(tick_.now_ns - restrained_ns_);
  restrained_ns_ = tick_.now_ns;
  if (before) {
    held_ns_[static_cast<std::size_t>(*before)].fetch_add(held_ns, std::memory_order_relaxed);
  }
  checks_started_.store(schedule_.begun(), std::memory_order_relaxed);
  report_not_made();
}

bool Shard::any_due() const {
  return std::min(schedule_.next_start_ns(), destinations_.next_turn_ns()) <= tick_.now_ns;
}

// Returns what keeps the rest of it from being started.
std::optional<Restraint> Shard::start_what_is_due() {
  for (std::size_t started = 0; started < limits::kStartsPerTick; ++started) {
    if (!any_due()) return std::nullopt;
    if (!finished_.empty()) return Restraint::kReader;
    if (free_slots_.empty()) return Restraint::kSlots;
    if (!pacer_.take(tick_.now_ns)) return Restraint::kRate;
    if (!start_next()) pacer_.give_back();
  }
  return any_due() ? std::optional(Restraint::kWork) : std::nullopt;
}

// What has waited for its address came due before anything that is due now. False where it turned
// out that there was nothing to start.
bool Shard::start_next() {
  const Slot slot = free_slots_.back();
  if (Attempt* waited = destinations_.next(slot, tick_.now_ns)) {
    const std::uint64_t skipped = schedule_.skipped();
    const bool wanted = schedule_.resume(*waited, tick_);
    skipped_at_addresses_.fetch_add(schedule_.skipped() - skipped, std::memory_order_relaxed);
    if (!wanted) {
      destinations_.left(slot, tick_.now_ns);
      return false;
    }
    start(slot, *waited);
    return true;
  }
  const auto attempt = schedule_.next(tick_);
  if (!attempt) return false;
  if (destinations_.bounded()) {
    destinations_.begin(slot, *attempt, tick_.now_ns);
  } else if (attempt->number == 1) {
    lateness_.record(attempt->late_ns);
  }
  start(slot, *attempt);
  return true;
}

// REQUIRES: the slot is the last of those that are free.
void Shard::start(Slot slot, const Attempt& attempt) {
  free_slots_.pop_back();
  monitor_in_[slot] = attempt.monitor;
  probes_->start(slot, attempt, tick_);
}

bool Shard::may_connect(Slot slot, const engine::IpAddress& address) {
  if (!destinations_.bounded()) return true;
  const Destinations::Answer answer = destinations_.ask(slot, address, tick_.now_ns);
  const Attempt& attempt = destinations_.attempt(slot);
  if (answer == Destinations::Answer::kWait) {
    pacer_.give_back();
    schedule_.hold(attempt);
    return false;
  }
  if (answer == Destinations::Answer::kGo && attempt.number == 1) {
    lateness_.record(attempt.late_ns);
  }
  return true;
}

void Shard::finished(const Outcome& outcome) {
  schedule_.ended(outcome.monitor);
  const bool pushed = finished_.empty() && outcomes_.push(outcome);
  if (!pushed) finished_.push_back(outcome);
  published_ |= pushed;
}

void Shard::publish_outcomes() {
  while (!finished_.empty() && outcomes_.push(finished_.front())) {
    finished_.pop_front();
    published_ = true;
  }
  publish_departed();
  if (std::exchange(published_, false)) evaluator_.raise();
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
  if (changing_ != nullptr) return 0;
  if (!finished_.empty()) return limits::kStalledWaitNs;
  std::int64_t next = std::min(wheel_.next_deadline_ns(), resolver_->next_deadline_ns());
  if (!free_slots_.empty()) {
    const std::int64_t turn_ns = std::min(schedule_.next_start_ns(), destinations_.next_turn_ns());
    next = std::min(next, std::max(turn_ns, tick_.now_ns + pacer_.wait_ns(tick_.now_ns)));
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
  const std::uint32_t monitor = std::exchange(monitor_in_[slot], Schedule::kNobody);
  const bool last =
      lingering_.contains(monitor) && std::ranges::find(monitor_in_, monitor) == monitor_in_.end();
  if (last) {
    lingering_.erase(monitor);
    departing_.push_back(monitor);
  }
  if (destinations_.bounded()) destinations_.left(slot, tick_.now_ns);
}

Restraints Shard::restraints() const {
  Restraints restraints;
  restraints.skipped = checks_skipped();
  restraints.skipped_at_addresses = skipped_at_addresses_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kRestraintCount; ++i) {
    restraints.held_ns[i] = held_ns_[i].load(std::memory_order_relaxed);
  }
  return restraints;
}

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
