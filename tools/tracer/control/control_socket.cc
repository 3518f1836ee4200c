#include "tools/tracer/control/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace tracer::cli {
namespace {

constexpr int kBacklog = 128;

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::string address_error(const std::string& path) {
  return "a socket's path has 1 to " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
         " bytes, and " + (path.empty() ? "this one is empty" : path + " has more");
}

int make_socket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

int bind_to(int descriptor, const sockaddr_un& address) {
  return bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int connect_at(int descriptor, const sockaddr_un& address) {
  return connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// A socket that nobody listens on any more.
bool stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const int descriptor = make_socket();
  if (descriptor < 0) return false;
  const bool refused = connect_at(descriptor, address) != 0 && errno == ECONNREFUSED;
  close(descriptor);
  return refused;
}

}  // namespace

std::string default_control_path() {
  const char* directory = std::getenv("XDG_RUNTIME_DIR");
  if (directory != nullptr && *directory != '\0') return std::string(directory) + "/tracer.sock";
  return geteuid() == 0 ? "/run/tracer.sock" : "";
}

tl::expected<int, ListenError> listen_at(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(ListenError{false, address_error(path)});
  const int descriptor = make_socket();
  const auto failed = [&](int error) {
    if (descriptor >= 0) close(descriptor);
    return tl::unexpected(
        ListenError{error == EADDRINUSE, "cannot listen on " + path + ": " + std::strerror(error)});
  };
  if (descriptor < 0) return failed(errno);
  // Before it has a name, so that there is no moment at which others may connect.
  if (fchmod(descriptor, S_IRUSR | S_IWUSR) != 0) return failed(errno);
  if (bind_to(descriptor, *address) != 0) {
    if (errno != EADDRINUSE || !stale(path, *address)) return failed(errno);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed(errno);
    if (bind_to(descriptor, *address) != 0) return failed(errno);
  }
  if (listen(descriptor, kBacklog) != 0) return failed(errno);
  return descriptor;
}

tl::expected<int, std::string> connect_to(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address_error(path));
  const int descriptor = make_socket();
  if (descriptor >= 0 && connect_at(descriptor, *address) == 0) return descriptor;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  return tl::unexpected("cannot reach a tracer at " + path + ": " + std::strerror(error));
}

}  // namespace tracer::cli
