#include "tools/tracer/ring_plan.h"

#include <sys/resource.h>

#include <algorithm>

#include "engine/ring.h"
#include "engine/uring_ring.h"

namespace tracer::cli {
namespace {

// Descriptors beside those of sockets that are probed: the rings' own, DNS sockets, documents and
// outputs.
constexpr std::uint32_t kDescriptorsOfRing = 16;
constexpr std::uint32_t kDescriptorsOfProcess = 32;

constexpr std::uint32_t kMonitorsWorthAThread = 64;

std::uint32_t divided_up(std::uint32_t whole, std::uint32_t part) {
  return (whole + part - 1) / part;
}

}  // namespace

RingChoice choose_ring(RingKind asked) {
  if (asked != RingKind::kAuto) return {asked, {}};
  const auto refusal = engine::why_no_uring();
  if (!refusal) return {RingKind::kUring, {}};
  return {RingKind::kEpoll, "going on with epoll: " + *refusal};
}

std::uint32_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT32_MAX;
  return static_cast<std::uint32_t>(std::clamp<rlim_t>(limit.rlim_max, 1, UINT32_MAX));
}

RingPlan plan_rings(RingKind kind, const RingDemand& demand, std::uint32_t descriptors) {
  const std::uint32_t most_of_ring = std::min(descriptors, (1U << engine::kSlotBits) - 1);
  RingPlan plan;
  plan.rings = demand.threads;
  if (plan.rings == 0) {
    plan.rings = std::min(demand.cores, demand.monitors / kMonitorsWorthAThread + 1);
    // Monitors fall to the rings by a hash, so a ring gets some more or less than its share.
    const std::uint64_t all = std::uint64_t{demand.monitors} + demand.monitors / 8 + 1;
    const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(demand.in_flight, all));
    const std::uint32_t needed = divided_up(wanted, most_of_ring);
    if (kind == RingKind::kUring && needed > plan.rings) {
      // As many on one core as on any other; and each has descriptors of its own.
      const std::uint32_t even = divided_up(needed, demand.cores) * demand.cores;
      plan.rings = std::max(plan.rings, std::min(even, descriptors / (2 * kDescriptorsOfRing)));
    }
  }
  plan.rings = std::min(plan.rings, demand.in_flight);

  std::uint32_t allowed = most_of_ring;
  if (kind == RingKind::kEpoll) {
    const std::uint32_t others = kDescriptorsOfProcess + kDescriptorsOfRing * plan.rings;
    allowed = (descriptors - std::min(others, descriptors / 2)) / plan.rings;
  }
  const std::uint32_t asked = std::min(demand.in_flight / plan.rings, demand.monitors);
  plan.cut = allowed < asked && std::uint64_t{allowed} * plan.rings < demand.monitors;
  plan.slots = std::max(1U, std::min(asked, allowed));
  return plan;
}

}  // namespace tracer::cli
