// DNS questions over UDP, and over TCP where an answer was cut short, by c-ares on a shard's Ring:
// its sockets are watched with Ring::poll(), and its time-outs come with expire().
//
// Belongs to one shard and its thread. Construction reads the system's configuration and may block;
// nothing else does. c-ares keeps its own time for repetitions (the machine's monotonic clock).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/dns_client.h"
#include "engine/ring.h"

namespace tracer::engine {

struct AresOptions {
  std::vector<std::string> servers;  // as in Resolver::Options; empty: the system's
  std::int64_t timeout_ms = 1000;
  int tries = 3;
};

// "address", "address:port" or "[address]:port"; port 53 unless given.
std::optional<Endpoint> parse_dns_server(std::string_view text);

// `ring` outlives the client. Its poll tokens are those of TokenOwner::kResolver.
tl::expected<std::unique_ptr<DnsClient>, std::string> make_ares_client(const AresOptions& options,
                                                                       Ring& ring);

}  // namespace tracer::engine
