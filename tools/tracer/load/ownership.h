// Whose a target is: a load on somebody else's server is an attack, so without a word of the user
// only this machine's own addresses, those of loopback, get one. Main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/clock.h"
#include "engine/egress_policy.h"
#include "engine/ip_address.h"
#include "engine/monitor.h"
#include "sched/shard.h"

namespace tracer::cli {

// 127.0.0.0/8 and ::1 alone.
engine::EgressPolicy loopback_only();

// A sentence, where any of the addresses is beyond loopback; else empty.
std::string ownership_refusal(std::string_view host,
                              const std::vector<engine::IpAddress>& addresses);

// The addresses that a host has for a shard made of these parts. Blocks for as long as its resolver
// takes. The error is a sentence.
tl::expected<std::vector<engine::IpAddress>, std::string> addresses_of(
    std::string_view host, engine::IpFamily family, const sched::ShardParts& parts);

}  // namespace tracer::cli
