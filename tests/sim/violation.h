// What a simulation is for: an invariant of docs/architecture.md that did not hold. Thrown by
// whatever found it; ends the run.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace tracer::sim {

enum class Invariant : std::uint8_t {
  kRingContract,   // what engine/ring.h asks of its caller, the joining of operations before all
  kOneOutcome,     // one for every attempt
  kOneReport,      // one for every check that began
  kTimely,         // an attempt ends within its timeout, its report comes at once
  kSchedule,       // due times do not drift, none is early, forgotten or out of order
  kNoOverlap,      // of a monitor with itself
  kRetries,        // as many as asked for, after their delay, cut at the next due time
  kBackPressure,   // nothing starts while outcomes wait
  kPacing,         // starts per second
  kAddressBounds,  // connects in flight and per second, to one address
  kBlame,          // a fault of ours is unknown, and only such a one
  kVerdict,        // what the world did to an attempt allows for its outcome
  kDiscretion,     // no byte of a monitor's own for a peer whose chain is bad
  kAddresses,      // connects where DNS and policy say
  kHistory,        // what a monitor's checks have come to
  kPhaseTimes,     // none negative, in sum not more than the total
  kEnd,            // a drain, an abort and a sweep come to their end, with nothing left open
  kPayload,        // every reference to a chain is given back
  kProgress,       // no spinning without the passing of time
  kDeterminism,    // the same seed, the same trace
};

const char* invariant_name(Invariant invariant);

class Violation : public std::runtime_error {
 public:
  Violation(Invariant invariant, const std::string& what)
      : std::runtime_error(std::string(invariant_name(invariant)) + ": " + what),
        invariant_(invariant) {}
  Invariant invariant() const { return invariant_; }

 private:
  Invariant invariant_;
};

// The text is made only where it is needed.
template <typename Text>
void require(bool holds, Invariant invariant, Text&& text) {
  if (!holds) throw Violation(invariant, text());
}
inline void require(bool holds, Invariant invariant, const char* text) {
  if (!holds) throw Violation(invariant, text);
}

}  // namespace tracer::sim
