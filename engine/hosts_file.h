// The names that the machine's hosts file gives. Read once, at start, because reading blocks.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ip_address.h"
#include "engine/monitor.h"

namespace tracer::engine {

class HostsFile {
 public:
  // Text in the notation of hosts(5); lines that make no sense are passed over, as libc does.
  static HostsFile parse(std::string_view text);
  // A file that cannot be read gives no names.
  static HostsFile read(const std::string& path);

  // In the file's order; empty where the name is not given in this family. `name` is lower-case,
  // without a trailing dot. What the file leaves out of localhost, and of names below it, is
  // loopback (RFC 6761, 6.3): those never reach DNS.
  std::vector<IpAddress> find(std::string_view name, IpFamily family) const;

 private:
  std::map<std::string, std::vector<IpAddress>, std::less<>> addresses_;
};

}  // namespace tracer::engine
