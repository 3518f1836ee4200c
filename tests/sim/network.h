// The services of a scenario, as its connections find them. Belongs to one simulation.
#pragma once

#include <vector>

#include "tests/sim/scenario.h"
#include "tests/sim/sim_ring.h"

namespace tracer::sim {

class Network final : public Peers {
 public:
  Network(const Scenario& scenario, Faults& faults);
  Meeting meet(const engine::Endpoint& target, std::int64_t now_ns) override;

 private:
  Temper draw_temper(const Target& target, std::size_t met);

  const Scenario& scenario_;
  Faults& faults_;
  Random random_;
  std::vector<std::size_t> met_;  // connections so far, by monitor
};

}  // namespace tracer::sim
