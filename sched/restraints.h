// What has kept a shard from starting checks that were due, and what that has cost: so that a run
// that cannot keep up can tell its operator why. Values; counts are since the start of the run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tracer::sched {

enum class Restraint : std::uint8_t {
  kSlots,   // as many probes as may be were in flight
  kRate,    // the bound on starts per second
  kReader,  // the outcome ring was full: the evaluator, or a sink, did not keep pace
  kWork,    // more was due than a tick starts
};
inline constexpr std::size_t kRestraintCount = 4;

struct Restraints {
  std::uint64_t skipped = 0;  // checks that came due while an earlier one waited or ran
  std::uint64_t skipped_at_addresses = 0;  // … of those, while it waited for its address
  std::array<std::uint64_t, kRestraintCount> held_ns{};  // how long, by Restraint

  Restraints& operator+=(const Restraints& other) {
    skipped += other.skipped;
    skipped_at_addresses += other.skipped_at_addresses;
    for (std::size_t i = 0; i < kRestraintCount; ++i) held_ns[i] += other.held_ns[i];
    return *this;
  }
};

}  // namespace tracer::sched
