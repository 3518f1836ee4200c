#include "tools/tracer/sinks/service_manager_sink.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tracer::cli {

ServiceManagerSink::Environment ServiceManagerSink::read_environment() {
  Environment environment;
  if (const char* socket = std::getenv("NOTIFY_SOCKET")) environment.socket = socket;
  if (const char* watchdog = std::getenv("WATCHDOG_USEC")) {
    environment.watchdog_us = std::strtoll(watchdog, nullptr, 10);
  }
  return environment;
}

ServiceManagerSink::ServiceManagerSink(Environment environment, const engine::Clock& clock)
    : environment_(std::move(environment)), clock_(clock) {}

void ServiceManagerSink::tick() {
  if (environment_.watchdog_us <= 0) return;
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns < next_alive_ns_) return;
  next_alive_ns_ = now_ns + environment_.watchdog_us * 1000 / 2;
  notify("WATCHDOG=1");
}

void ServiceManagerSink::notify(std::string_view state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = environment_.socket;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  (void)sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), length);
  close(descriptor);
}

}  // namespace tracer::cli
