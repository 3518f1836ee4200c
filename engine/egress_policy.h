// Which addresses may be connected to at all; asked of the resolved address before each connect.
// A value; any thread may read it.
#pragma once

#include <vector>

#include "engine/ip_address.h"

namespace tracer::engine {

struct EgressPolicy {
  std::vector<Network> allow;  // empty: everything that is not denied
  std::vector<Network> deny;   // goes before `allow`

  bool permits(const IpAddress& address) const {
    for (const Network& network : deny) {
      if (network.contains(address)) return false;
    }
    for (const Network& network : allow) {
      if (network.contains(address)) return true;
    }
    return allow.empty();
  }
};

}  // namespace tracer::engine
