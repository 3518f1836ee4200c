// The one thing of a DNS message that c-ares does not read for us. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace tracer::engine {

// For how long it holds that a name, or a record of it, is not there: the lesser of the TTL and
// the minimum of the SOA record in the authority section (RFC 2308, section 5), in seconds; -1
// where there is none, or where the message is malformed.
std::int64_t negative_ttl_s(std::span<const std::uint8_t> message);

}  // namespace tracer::engine
