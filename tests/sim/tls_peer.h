// A peer that speaks TLS, from the first byte or after a STARTTLS dialogue. Belongs to one
// simulation.
#pragma once

#include <cstdint>
#include <memory>

#include "tests/sim/peers.h"

namespace tracer::sim {

std::unique_ptr<Peer> make_tls_peer(const Service& service, Temper temper, Random& random,
                                    std::int64_t now_ns);

}  // namespace tracer::sim
