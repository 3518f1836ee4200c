#include "tools/fleetsim/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

namespace tracer::fleetsim {
namespace {

constexpr int kBacklog = 65'535;  // the kernel cuts it to net.core.somaxconn
constexpr int kRangeTries = 64;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address make_address(int family, std::uint16_t port, in_addr_t v4) {
  Address address;
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(v4);
    std::memcpy(&address.storage, &in, address.size = sizeof(in));
  } else {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    in6.sin6_addr = in6addr_loopback;
    std::memcpy(&address.storage, &in6, address.size = sizeof(in6));
  }
  return address;
}

bool set_flag(int socket, int level, int option) {
  const int one = 1;
  return ::setsockopt(socket, level, option, &one, sizeof(one)) == 0;
}

std::string port_error(std::uint16_t port, int error) {
  const std::string text = "port " + std::to_string(port);
  if (error == EADDRINUSE) return text + " is in use; choose another --base-port, or 0";
  return text + " cannot be opened: " + std::strerror(error);
}

// A socket bound to the port, not yet listening. On failure empty, with errno.
Descriptor bound_socket(int family, std::uint16_t port, bool reuse, bool share, bool* tied) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  if (reuse) set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (share) set_flag(socket.get(), SOL_SOCKET, SO_REUSEPORT);
  // Inherited by what is accepted: saves a system call a connection.
  set_flag(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  if (family == AF_INET) {
    constexpr char kLoopback[] = "lo";
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, kLoopback, sizeof(kLoopback)) != 0)
      *tied = false;
  } else {
    set_flag(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  }
  const Address address = make_address(family, port, INADDR_ANY);
  if (::bind(socket.get(), address.get(), address.size) != 0) return Descriptor();
  return socket;
}

int ephemeral_begin() {
  int begin = 0;
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  return file >> begin ? begin : 32768;
}

}  // namespace

tl::expected<Ports, std::string> Ports::open(std::span<const Service> services,
                                             std::uint16_t base_port, int workers) {
  if (base_port != 0) return claim(services, base_port, workers);
  std::random_device entropy;
  const int last = std::max(ephemeral_begin() - kPortRange, 2048);
  std::uniform_int_distribution<int> pick(std::min(10000, last - 1024), last);
  tl::expected<Ports, std::string> ports = tl::make_unexpected(std::string());
  for (int i = 0; i < kRangeTries && !ports; ++i) {
    ports = claim(services, static_cast<std::uint16_t>(pick(entropy)), workers);
  }
  return ports;
}

tl::expected<Ports, std::string> Ports::claim(std::span<const Service> services,
                                              std::uint16_t base_port, int workers) {
  if (base_port + kPortRange > 65536) {
    return tl::make_unexpected("the base port must be at most " +
                               std::to_string(65536 - kPortRange));
  }
  Ports ports;
  ports.base_port_ = base_port;
  ports.listeners_.resize(static_cast<std::size_t>(workers));
  for (const int family : {AF_INET, AF_INET6}) {
    for (const Service& service : services) {
      if (family == AF_INET6 && !ports.has_ipv6_) continue;
      if (std::string error = ports.add(service, family, workers > 1); !error.empty()) {
        return tl::make_unexpected(std::move(error));
      }
    }
  }
  return ports;
}

std::string Ports::add(const Service& service, int family, bool share) {
  const auto port = static_cast<std::uint16_t>(base_port_ + service.offset);
  const bool served = service.listening == Listening::kServed;
  bool* tied = &tied_to_loopback_;
  // Without SO_REUSEADDR nobody else gets the reserved port. The first socket is bound unshared
  // even where several workers are to share: SO_REUSEPORT alone would let in a second fleet.
  Descriptor first =
      bound_socket(family, port, service.listening != Listening::kReserved, false, tied);
  if (!first && family == AF_INET6 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) {
    has_ipv6_ = false;
    return {};
  }
  if (!first) return port_error(port, errno);
  if (service.listening == Listening::kReserved) {
    held_.push_back(std::move(first));
    return {};
  }
  if (served && share) first = Descriptor();
  for (auto& of_worker : listeners_) {
    Descriptor socket = first ? std::move(first) : bound_socket(family, port, true, share, tied);
    if (!socket || ::listen(socket.get(), served ? kBacklog : 0) != 0) {
      return port_error(port, errno);
    }
    if (!served) {
      std::string error = fill(family, port);
      held_.push_back(std::move(socket));
      return error;
    }
    of_worker.push_back({std::move(socket), &service, family == AF_INET});
  }
  return {};
}

// A queue of length 0 holds one connection, which is never accepted; it fills the queue for every
// address of the listener, and the kernel drops each SYN that follows.
std::string Ports::fill(int family, std::uint16_t port) {
  Descriptor filler(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address = make_address(family, port, INADDR_LOOPBACK);
  if (!filler || ::connect(filler.get(), address.get(), address.size) != 0) {
    return "port " + std::to_string(port) + " cannot be made a black hole: " + std::strerror(errno);
  }
  held_.push_back(std::move(filler));
  return {};
}

}  // namespace tracer::fleetsim
