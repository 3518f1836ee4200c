// Makes a scenario one in which many monitors go to few addresses, and what goes to one address is
// bounded. Pure.
#pragma once

#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace tracer::sim {

void crowd_addresses(Scenario& scenario, Random& random);

}  // namespace tracer::sim
