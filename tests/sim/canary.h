// Bugs planted between the code under test and the checkers, for the checkers to find: they prove
// that those bite. Nothing of the code under test knows of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/ring.h"
#include "sched/reload.h"
#include "tests/sim/scenario.h"
#include "tests/sim/violation.h"

namespace tracer::sim {

enum class Canary : std::uint8_t {
  kNone,
  // What the code is told differs from what the model knows.
  kDrifts,          // an interval is a millisecond too long
  kFewSlots,        // calm is what it is not
  kPatient,         // a timeout is twice what it should be
  kHurriesRetries,  // without their delay
  kUnverified,      // no chain is insisted upon
  kPacesTooFast,
  kBiggerRing,        // of outcomes
  kIgnoresPolicy,     // connects wherever it likes
  kCrowdsAddresses,   // one more at a time than may be
  kHurriesAddresses,  // more per second
  kDisturbs,          // a reload takes what is as before for something else
  // Between the shard and its ring, or its resolver.
  kClosesNothing,  // says that a socket is closed, and keeps it
  kLosesCompletion,
  kBlamesTarget,  // of a fault of ours
  kRefusesGood,
  kNeverWaits,
  kCompletesTwice,
  kStartsTwice,
  // Between the shard and the evaluator.
  kDropsOutcome,
  kDoublesOutcome,
  kHoldsOutcome,
  kSpoilsPhases,
  // Between the evaluator and the sink.
  kDropsReport,
  kDoublesReport,
  kSaysDown,  // of what is unknown
  kKeepsChain,
  kMiscounts,  // failures in a row
  // Between a reload and those it concerns.
  kRemovesNothing,
  kForgetsHistory,  // of what has changed
  // In who drives it all.
  kIgnoresDrain,
  kLosesWakeup,
  kForgetsSeed,
};

struct CanaryInfo {
  Canary canary;
  const char* name;
  Invariant caught_by;
};
std::span<const CanaryInfo> canaries();

// The scenario as the code under test is told it.
Scenario doctored(const Scenario& scenario, Canary canary);
// The same, for the reload to that document.
Scenario retold(const Scenario& told, std::size_t document, Canary canary);
void doctor(sched::Changes& changes, Canary canary);
// The ring as the shard gets it: `inner` itself where the canary does not live there.
std::unique_ptr<engine::Ring> doctored(std::unique_ptr<engine::Ring> inner, Canary canary);

}  // namespace tracer::sim
