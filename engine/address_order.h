// In which order the addresses of a name are tried: RFC 6724, section 6, without the rules that
// need an interface's configuration (3, 4, 7) and without rule 9, which would undo the rotation
// that a DNS server means. What the rules leave equal keeps its order.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/ip_address.h"

namespace tracer::engine {

// The local address that would be used towards a destination; none where there is no route.
using SourceFinder = std::function<std::optional<IpAddress>(const IpAddress& destination)>;

// Asks the kernel, by connecting a datagram socket: no packet is sent. A few microseconds.
std::optional<IpAddress> kernel_source(const IpAddress& destination);

void order_addresses(std::vector<IpAddress>& addresses, const SourceFinder& source_of);

}  // namespace tracer::engine
