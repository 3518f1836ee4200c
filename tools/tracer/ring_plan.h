// Which interface of the kernel's a sweep goes through, and how many rings of how many slots it
// needs of it. Pure but for choose_ring() and descriptor_limit(). Main thread.
#pragma once

#include <cstdint>
#include <string>

namespace tracer::cli {

enum class RingKind : std::uint8_t { kAuto, kUring, kEpoll };

struct RingChoice {
  RingKind kind = RingKind::kUring;  // never kAuto
  std::string warning;               // one sentence where it is not what is best; else empty
};

// Left to itself (kAuto) it is io_uring, and epoll where the kernel lacks or forbids that. Where
// io_uring fails for another reason, for want of memory or descriptors, epoll would need the same
// or more of it: then io_uring stays chosen, and its own error says what to do.
RingChoice choose_ring(RingKind asked);

// How many descriptors the process may have: the hard limit, to which rings raise the soft one.
std::uint32_t descriptor_limit();

struct RingDemand {
  static constexpr std::uint32_t kAnyNumber = UINT32_MAX;  // of monitors

  std::uint32_t in_flight = 1;  // probes at a time, over all rings
  std::uint32_t monitors = 0;
  std::uint32_t threads = 0;  // exactly so many rings; 0: as many as are needed
  std::uint32_t cores = 1;
};

struct RingPlan {
  std::uint32_t rings = 1;  // each with a shard and a thread
  std::uint32_t slots = 1;  // of each
  bool cut = false;         // `descriptors` allow less than is asked for
};

// A table of io_uring has at most as many entries as the process may have descriptors, so what is
// more takes more rings; with epoll all sockets are descriptors of the process and share the limit.
RingPlan plan_rings(RingKind kind, const RingDemand& demand, std::uint32_t descriptors);

}  // namespace tracer::cli
