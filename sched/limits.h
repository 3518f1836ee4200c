// Every bound of the scheduler in one place, so that capacity can be reviewed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tracer::sched::limits {

inline constexpr std::size_t kOutcomeRingSize = 4096;  // outcomes a shard may be ahead
inline constexpr std::size_t kCommandRingSize = 1024;  // retries an evaluator may be ahead
static_assert(std::has_single_bit(kOutcomeRingSize) && std::has_single_bit(kCommandRingSize));

inline constexpr std::size_t kStartsPerTick = 64;     // keeps a tick short while a sweep ramps up
inline constexpr std::size_t kChangesPerTick = 4096;  // monitors added or removed by a reload
inline constexpr std::size_t kAddressesKept = 1024;   // before those not in use are looked for
inline constexpr std::size_t kEvaluatorBatch = 256;   // outcomes judged between two looks around
inline constexpr std::int64_t kEvaluatorRestNs = 1'000'000;  // between bursts of outcomes
inline constexpr std::int64_t kStalledWaitNs = 1'000'000;    // between tries at a full ring
inline constexpr std::int64_t kChangePollNs = 1'000'000;  // a reload looks this often for its end
inline constexpr std::int64_t kSinkTickNs = 100'000'000;  // sinks flush and redraw this often

}  // namespace tracer::sched::limits
