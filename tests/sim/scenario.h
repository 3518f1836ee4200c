// What one seed stands for: a fleet, its options, what may go wrong, and what is done to it when.
// A value; made once, before the simulation of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/monitor.h"
#include "sched/shard.h"
#include "tests/sim/clock.h"
#include "tests/sim/faults.h"
#include "tests/sim/peers.h"
#include "tests/sim/sim_dns.h"
#include "tests/sim/sim_ring.h"

namespace tracer::sim {

// The port says whose connection it is.
inline constexpr std::uint16_t kFirstPort = 1000;

struct Target {
  engine::MonitorSpec spec;
  Service service;
  std::optional<Temper> temper;  // that of every connection; nothing: drawn for each
  std::vector<Temper> tempers;   // of its connections, in order, before that
  bool literal = false;          // its host is an address
};

struct Step {
  enum class Kind : std::uint8_t { kWallStep, kSinkBreaks, kDrain, kAbort, kReload };
  std::int64_t at_ns = 0;  // after the start
  Kind kind = Kind::kDrain;
  std::int64_t value = 0;  // of a reload: the number of the document
};

// What is checked from some time on, as numbers of targets. A monitor that changes is another
// target with the same id, and so is one that comes back after it was removed.
using Document = std::vector<std::uint32_t>;

struct Scenario {
  std::uint64_t seed = 0;
  std::uint32_t shards = 1;
  sched::ShardOptions shard;
  std::vector<Target> targets;
  std::vector<Document> documents;  // the run begins with the first
  std::vector<Name> names;
  Faults faults;
  NthFault nth;
  std::vector<Step> steps;  // by time
  // There are always slots free and nothing holds starts back: what is due begins.
  bool calm = false;
};

// What a search for a smaller failure leaves out, and what a caller insists on.
struct Restrictions {
  std::size_t most_targets = SIZE_MAX;
  std::vector<Fault> without;
  bool tls = true;
};

Scenario make_scenario(std::uint64_t seed, const Restrictions& restrictions);

}  // namespace tracer::sim
