// Claims the fleet's ports and opens its listeners. The fleet answers on every address of 127/8,
// which cannot be bound as such: an IPv4 listener is bound to the wildcard, tied to the loopback
// device where the kernel lets us, and its connections are checked by local address on top
// (Listener::wildcard). IPv6 listeners are bound to [::1] alone.
//
// Lives as long as the workers; immutable once opened.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "tools/fleetsim/descriptor.h"
#include "tools/fleetsim/service.h"

namespace tracer::fleetsim {

struct Listener {
  Descriptor socket;  // non-blocking
  const Service* service = nullptr;
  bool wildcard = false;  // accepted connections may come from outside: check their local address
};

class Ports {
 public:
  // base_port 0: some free range below the ephemeral ports. With several workers each gets its own
  // listeners, among which the kernel spreads connections. The error is one sentence.
  static tl::expected<Ports, std::string> open(std::span<const Service> services,
                                               std::uint16_t base_port, int workers);

  std::uint16_t base_port() const { return base_port_; }
  std::span<const Listener> listeners(int worker) const {
    return listeners_[static_cast<std::size_t>(worker)];
  }
  bool has_ipv6() const { return has_ipv6_; }
  bool tied_to_loopback() const { return tied_to_loopback_; }

 private:
  Ports() = default;
  static tl::expected<Ports, std::string> claim(std::span<const Service> services,
                                                std::uint16_t base_port, int workers);
  // Empty or one sentence; likewise below.
  std::string add(const Service& service, int family, bool share);
  std::string fill(int family, std::uint16_t port);

  std::uint16_t base_port_ = 0;
  std::vector<std::vector<Listener>> listeners_;  // of each worker
  std::vector<Descriptor> held_;                  // reserved ports, full queues and what fills them
  bool has_ipv6_ = true;
  bool tied_to_loopback_ = true;
};

}  // namespace tracer::fleetsim
