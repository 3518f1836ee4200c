#include "tests/unit/engine/loopback.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace tracer::engine::testing {
namespace {

int need(int result, const char* what) {
  if (result < 0) {
    std::fprintf(stderr, "the test's own %s: %s\n", what, std::strerror(errno));
    std::abort();
  }
  return result;
}

int connected_or_hanging(const Endpoint& target) {
  sockaddr_storage address{};
  const socklen_t length = target.to_sockaddr(address);
  const int descriptor =
      need(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  (void)::connect(descriptor, reinterpret_cast<sockaddr*>(&address), length);
  return descriptor;
}

// Binds to a free port, which it writes into `endpoint`.
Socket bound_socket(Endpoint& endpoint) {
  sockaddr_storage storage{};
  socklen_t length = endpoint.to_sockaddr(storage);
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  Socket socket(need(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  need(::bind(socket.descriptor(), generic, length), "bind");
  need(getsockname(socket.descriptor(), generic, &length), "getsockname");
  endpoint.port = storage.ss_family == AF_INET
                      ? ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port)
                      : ntohs(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
  return socket;
}

}  // namespace

void allow_descriptors(std::size_t count) {
  rlimit limit{};
  need(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  need(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = other.descriptor_;
    other.descriptor_ = -1;
  }
  return *this;
}

void Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;  // the client has had enough
    need(static_cast<int>(std::min<ssize_t>(sent, 1)), "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Socket::receive(std::size_t at_most) const {
  std::string bytes(at_most, '\0');
  const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

IpAddress Socket::peer() const {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  need(getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &length), "getpeername");
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return IpAddress::parse(text).value();
}

void Socket::end_of_stream() const { need(::shutdown(descriptor_, SHUT_WR), "shutdown"); }

void Socket::reset() {
  const linger hard{1, 0};
  need(setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), "SO_LINGER");
  close();
}

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Listener::Listener(int backlog, std::string_view address)
    : endpoint_{IpAddress::parse(address).value(), 0}, socket_(bound_socket(endpoint_)) {
  need(::listen(descriptor(), backlog), "listen");
}

Socket Listener::accept() const {
  return Socket(need(::accept4(descriptor(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
}

void Listener::fill_backlog() {
  for (Socket& filler : fillers_) filler = Socket(connected_or_hanging(endpoint_));
}

RefusingPort::RefusingPort()
    : endpoint_{IpAddress::parse("127.0.0.1").value(), 0}, socket_(bound_socket(endpoint_)) {}

}  // namespace tracer::engine::testing
