// What may go wrong in a simulation, how likely each of it is, and how often it did.
//
// Swarm testing (Groce et al. 2012): every seed draws its own weights, and leaves whole kinds out,
// so that no fault hides another in all of the seeds. Belongs to one simulation.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "engine/failure.h"
#include "tests/sim/random.h"

namespace tracer::sim {

enum class Fault : std::uint8_t {
  // Operations of the ring.
  kConnectError,
  kConnectHangs,
  kSendError,
  kSendHangs,
  kSendShort,
  kReceiveError,
  kReceiveHangs,
  kReceiveShort,
  kCloseError,
  kSlowOperation,
  kReordered,  // completions in another order than that of their operations
  kCancelTooLate,
  kCancelSlow,
  kHeldCompletions,  // a burst later on
  kFewCompletions,   // the rest is left over for the next wait
  kEarlyReturn,
  kLateReturn,
  // Peers.
  kPeerSilent,
  kPeerDribbles,
  kPeerCloses,
  kPeerEndless,
  kPeerLies,
  kStarttlsRefused,
  kStarttlsGarbage,
  kStarttlsInjected,
  kChainExpired,
  kChainOfAnother,
  kChainUntrusted,
  kHandshakeCut,
  // DNS.
  kDnsSilent,
  kDnsNotFound,
  kDnsNoData,
  kDnsServerFailure,
  kDnsLocalFailure,
  kDnsFamilyLate,
  kDnsManyAddresses,
  kDnsChanged,
  kDnsOutage,
  // Of ours, and of the machine.
  kEvaluatorStalls,
  kSinkBreaks,
  kWallSteps,
  kDrain,
  kAbort,
  // Not drawn: situations that came about.
  kManyCompletions,  // more than a tick handles
  kOutcomesWait,     // the outcome ring was full
  kRetryCut,
  kCheckSkipped,
  kSlotsShort,
  kPaced,
  kOldAnswer,
  // Nor these: what a scenario has or has not, and what came about by it.
  kReload,
  kReloadWaits,      // for an earlier one
  kRemovedUnderWay,  // a monitor, while a check of it was
  kChangedUnderWay,  // likewise
  kAddedAgain,       // after it was removed
  kAddressFull,      // as many in flight as may be
  kAddressPaced,     // its rate used up
  kHeldAtAddress,    // an attempt was told to wait, and made later
  kHeldToTheEnd,     // … and was not made
  kCount,
};
inline constexpr std::size_t kFaultCount = static_cast<std::size_t>(Fault::kCount);
const char* fault_name(Fault fault);

enum class Operation : std::uint8_t { kConnect, kSend, kReceive, kClose };

// An errno that an operation may end with, and what a check that meets it must be called.
struct ErrnoCase {
  int error;
  const char* name;
  engine::FailureCode code;
};
std::span<const ErrnoCase> errnos_of(Operation operation);

class Faults {
 public:
  // Nothing ever goes wrong, until weights are set.
  Faults() = default;
  // A seed's own mixture.
  static Faults swarm(Random& random);

  void set_weight(Fault fault, std::uint32_t per_mille) { weights_[index(fault)] = per_mille; }
  std::uint32_t weight(Fault fault) const { return weights_[index(fault)]; }
  // Draws whether it happens here, and counts it.
  bool strikes(Fault fault, Random& random) {
    const bool hit = random.chance(weights_[index(fault)]);
    if (hit) count(fault);
    return hit;
  }
  void count(Fault fault) { ++counts_.faults[index(fault)]; }
  const ErrnoCase& draw_error(Operation operation, Random& random);

  struct Counts {
    std::array<std::uint64_t, kFaultCount> faults{};
    std::array<std::array<std::uint64_t, 24>, 4> errnos{};  // by Operation and place in its list
    void add(const Counts& other);
    std::string table() const;
    bool complete() const;  // none is zero
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::size_t index(Fault fault) { return static_cast<std::size_t>(fault); }

  static constexpr auto kDrawn = static_cast<std::size_t>(Fault::kReload);

  std::array<std::uint32_t, kFaultCount> weights_{};
  Counts counts_;
};

// Makes the n-th operation of a simulation end as told. None where n is 0.
struct NthFault {
  enum class Kind : std::uint8_t { kOurs, kTargets, kUnreachable, kDenied, kHangs };
  std::uint64_t n = 0;
  Kind kind = Kind::kOurs;
  std::uint64_t seen = 0;
};

// REQUIRES: not kHangs.
const ErrnoCase& nth_error(NthFault::Kind kind, Operation operation);

// Sets of failure codes: what an attempt may end with.
using Codes = std::uint64_t;
static_assert(engine::kFailureCodeCount <= 64);
constexpr Codes code_bit(engine::FailureCode code) {
  return Codes{1} << static_cast<unsigned>(code);
}
template <typename... Code>
constexpr Codes codes(Code... each) {
  return (code_bit(each) | ... | Codes{0});
}
std::string codes_text(Codes codes);

}  // namespace tracer::sim
