#include "tests/sim/canary.h"

#include <array>
#include <cerrno>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tracer::sim {
namespace {

using engine::Completion;
using engine::Slot;
using engine::Token;

constexpr CanaryInfo kCanaries[] = {
    {Canary::kDrifts, "drifts", Invariant::kSchedule},
    {Canary::kFewSlots, "few-slots", Invariant::kSchedule},
    {Canary::kPatient, "patient", Invariant::kTimely},
    {Canary::kHurriesRetries, "hurries-retries", Invariant::kRetries},
    {Canary::kUnverified, "unverified", Invariant::kDiscretion},
    {Canary::kPacesTooFast, "paces-too-fast", Invariant::kPacing},
    {Canary::kBiggerRing, "bigger-ring", Invariant::kBackPressure},
    {Canary::kIgnoresPolicy, "ignores-policy", Invariant::kAddresses},
    {Canary::kCrowdsAddresses, "crowds-addresses", Invariant::kAddressBounds},
    {Canary::kHurriesAddresses, "hurries-addresses", Invariant::kAddressBounds},
    {Canary::kDisturbs, "disturbs", Invariant::kSchedule},
    {Canary::kClosesNothing, "closes-nothing", Invariant::kRingContract},
    {Canary::kLosesCompletion, "loses-completion", Invariant::kEnd},
    {Canary::kBlamesTarget, "blames-target", Invariant::kBlame},
    {Canary::kRefusesGood, "refuses-good", Invariant::kVerdict},
    {Canary::kNeverWaits, "never-waits", Invariant::kProgress},
    {Canary::kCompletesTwice, "completes-twice", Invariant::kRingContract},
    {Canary::kStartsTwice, "starts-twice", Invariant::kNoOverlap},
    {Canary::kDropsOutcome, "drops-outcome", Invariant::kEnd},
    {Canary::kDoublesOutcome, "doubles-outcome", Invariant::kOneOutcome},
    {Canary::kHoldsOutcome, "holds-outcome", Invariant::kTimely},
    {Canary::kSpoilsPhases, "spoils-phases", Invariant::kPhaseTimes},
    {Canary::kDropsReport, "drops-report", Invariant::kOneReport},
    {Canary::kDoublesReport, "doubles-report", Invariant::kOneReport},
    {Canary::kSaysDown, "says-down", Invariant::kBlame},
    {Canary::kKeepsChain, "keeps-chain", Invariant::kPayload},
    {Canary::kMiscounts, "miscounts", Invariant::kHistory},
    {Canary::kRemovesNothing, "removes-nothing", Invariant::kSchedule},
    {Canary::kForgetsHistory, "forgets-history", Invariant::kHistory},
    {Canary::kIgnoresDrain, "ignores-drain", Invariant::kEnd},
    {Canary::kLosesWakeup, "loses-wakeup", Invariant::kTimely},
    {Canary::kForgetsSeed, "forgets-seed", Invariant::kDeterminism},
};

// Hands everything on, but for what its canary does.
class CanaryRing final : public engine::Ring {
 public:
  CanaryRing(std::unique_ptr<engine::Ring> inner, Canary canary)
      : inner_(std::move(inner)), canary_(canary) {}

  void connect(Slot slot, const engine::Endpoint& target, const engine::IpAddress& source,
               Token token) override {
    connects_.insert(token);
    inner_->connect(slot, target, source, token);
  }
  void send(Slot slot, std::span<const std::uint8_t> bytes, Token token) override {
    sends_.insert(token);
    inner_->send(slot, bytes, token);
  }
  void receive(Slot slot, Token token) override { inner_->receive(slot, token); }
  void cancel(Slot slot) override { inner_->cancel(slot); }
  void close(Slot slot, Token token) override {
    if (canary_ == Canary::kClosesNothing) {
      closed_.push_back(token);
      inner_->wake();
    } else {
      closes_.insert(token);
      inner_->close(slot, token);
    }
  }
  void poll(int descriptor, std::uint32_t events, Token token) override {
    inner_->poll(descriptor, events, token);
  }
  void cancel_poll(Token token) override { inner_->cancel_poll(token); }
  void wake() override { inner_->wake(); }
  std::uint32_t slots() const override { return inner_->slots(); }

  std::span<const Completion> wait(std::int64_t timeout_ns) override {
    completions_.clear();
    for (const Token token : std::exchange(closed_, {})) completions_.push_back({token, 0, {}});
    const std::int64_t patience_ns = canary_ == Canary::kNeverWaits ? 0 : timeout_ns;
    for (Completion completion : inner_->wait(patience_ns)) {
      const bool of_connect = connects_.erase(completion.token) > 0;
      const bool of_close = closes_.erase(completion.token) > 0;
      if (of_close && canary_ == Canary::kLosesCompletion && ++seen_ % 10 == 0) continue;
      const int error = -completion.result;
      const bool ours = error == EMFILE || error == ENFILE || error == ENOMEM;
      if (of_connect && canary_ == Canary::kBlamesTarget && ours) {
        completion.result = -ECONNREFUSED;
      }
      if (of_connect && canary_ == Canary::kRefusesGood && error == 0) {
        completion.result = -ECONNREFUSED;
      }
      completions_.push_back(completion);
      const bool of_send = sends_.erase(completion.token) > 0;
      if (of_send && canary_ == Canary::kCompletesTwice) completions_.push_back(completion);
    }
    return completions_;
  }

 private:
  std::unique_ptr<engine::Ring> inner_;
  const Canary canary_;
  std::unordered_set<Token> connects_;
  std::unordered_set<Token> closes_;
  std::unordered_set<Token> sends_;
  std::vector<Token> closed_;
  std::uint64_t seen_ = 0;
  std::vector<Completion> completions_;
};

}  // namespace

std::span<const CanaryInfo> canaries() { return kCanaries; }

Scenario doctored(const Scenario& scenario, Canary canary) {
  Scenario told = scenario;
  for (Target& target : told.targets) {
    engine::CheckPolicy& policy = target.spec.policy;
    if (canary == Canary::kDrifts) policy.interval_ms += 1;
    if (canary == Canary::kPatient) policy.timeout_ms *= 2;
    if (canary == Canary::kHurriesRetries) policy.retry_delay_ms = 0;
    if (canary == Canary::kUnverified) policy.tls.verify = false;
  }
  if (canary == Canary::kFewSlots) told.shard.slots = 1;
  if (canary == Canary::kPacesTooFast) told.shard.starts_per_second *= 4;
  if (canary == Canary::kBiggerRing) told.shard.outcome_ring *= 64;
  if (canary == Canary::kIgnoresPolicy) told.shard.egress = {};
  sched::AddressBounds& bounds = told.shard.per_address;
  if (canary == Canary::kCrowdsAddresses && bounds.in_flight > 0) ++bounds.in_flight;
  if (canary == Canary::kHurriesAddresses) bounds.start_interval_ns /= 4;
  return told;
}

Scenario retold(const Scenario& told, std::size_t document, Canary canary) {
  Scenario retold = told;
  if (canary != Canary::kDisturbs) return retold;
  for (Target& target : retold.targets) target.spec.name += " of " + std::to_string(document);
  return retold;
}

void doctor(sched::Changes& changes, Canary canary) {
  if (canary == Canary::kForgetsHistory) changes.evaluator.changed.clear();
  for (sched::ShardChange& shard : changes.shards) {
    if (canary == Canary::kRemovesNothing) shard.removed.clear();
  }
}

std::unique_ptr<engine::Ring> doctored(std::unique_ptr<engine::Ring> inner, Canary canary) {
  switch (canary) {
    case Canary::kClosesNothing:
    case Canary::kLosesCompletion:
    case Canary::kBlamesTarget:
    case Canary::kRefusesGood:
    case Canary::kNeverWaits:
    case Canary::kCompletesTwice:
      return std::make_unique<CanaryRing>(std::move(inner), canary);
    default:
      return inner;
  }
}

}  // namespace tracer::sim
