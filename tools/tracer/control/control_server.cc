#include "tools/tracer/control/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace tracer::cli {
namespace {

// Where the process has no descriptor left, the one who waits would be announced again and again.
constexpr std::int64_t kAcceptPauseMs = 1000;

std::int64_t steady_ms() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void wake(int wakeup) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wakeup, &one, sizeof one);
}

}  // namespace

tl::expected<std::unique_ptr<ControlServer>, ListenError> ControlServer::start(
    const std::string& path, ControlHandlers handlers, const Limits& limits) {
  const auto listener = listen_at(path);
  if (!listener) return tl::unexpected(listener.error());
  const int wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wakeup < 0) {
    ListenError error{false, std::string("cannot watch ") + path + ": " + std::strerror(errno)};
    close(*listener);
    unlink(path.c_str());
    return tl::unexpected(std::move(error));
  }
  return std::unique_ptr<ControlServer>(
      new ControlServer(path, *listener, wakeup, std::move(handlers), limits));
}

ControlServer::ControlServer(std::string path, int listener, int wakeup, ControlHandlers handlers,
                             const Limits& limits)
    : path_(std::move(path)),
      listener_(listener),
      wakeup_(wakeup),
      handlers_(std::move(handlers)),
      limits_(limits) {
  struct stat status {};
  if (stat(path_.c_str(), &status) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
  thread_ = std::thread([this] { serve(); });
}

ControlServer::~ControlServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake(wakeup_);
  thread_.join();
  if (reloader_.joinable()) reloader_.join();
  for (Client& client : clients_) drop(client);
  // Only what this one has made: the path may have been removed and taken by another since.
  struct stat status {};
  const bool ours =
      stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (ours) unlink(path_.c_str());
  close(listener_);
  close(wakeup_);
}

void ControlServer::serve() {
  std::vector<pollfd> polled;
  while (true) {
    const std::int64_t now_ms = steady_ms();
    std::int64_t next_ms = INT64_MAX;
    const bool accepting = now_ms >= accept_again_ms_;
    if (!accepting) next_ms = accept_again_ms_;
    polled.assign({{wakeup_, POLLIN, 0}, {accepting ? listener_ : -1, POLLIN, 0}});
    for (const Client& client : clients_) {
      short events = 0;  // being left is told in any case
      if (!busy(client) && !client.ended) events = POLLIN;
      if (!client.unsent.empty()) events = POLLOUT;
      polled.push_back({client.descriptor, events, 0});
      if (!client.reloading) next_ms = std::min(next_ms, client.deadline_ms);
    }
    const std::int64_t wait_ms =
        next_ms == INT64_MAX ? -1 : std::max<std::int64_t>(0, next_ms - now_ms);
    if (poll(polled.data(), polled.size(), static_cast<int>(wait_ms)) < 0) continue;
    if (polled[0].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = read(wakeup_, &count, sizeof count);
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const std::int64_t then_ms = steady_ms();
    std::size_t at = 2;
    for (Client& client : clients_) serve_client(client, polled[at++].revents, then_ms);
    take_reloaded();
    std::erase_if(clients_, [](const Client& client) { return client.descriptor < 0; });
    if (polled[1].revents != 0) accept_clients(then_ms);
  }
}

void ControlServer::accept_clients(std::int64_t now_ms) {
  while (true) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) accept_again_ms_ = now_ms + kAcceptPauseMs;
      return;
    }
    if (clients_.size() == limits_.clients) {
      const std::string refusal = error_line("there are too many clients") + "\n";
      (void)::send(descriptor, refusal.data(), refusal.size(), MSG_NOSIGNAL);
      close(descriptor);
      continue;
    }
    Client& client = clients_.emplace_back();
    client.id = next_client_++;
    client.descriptor = descriptor;
    client.deadline_ms = now_ms + limits_.idle_timeout_ms;
  }
}

void ControlServer::serve_client(Client& client, short events, std::int64_t now_ms) {
  if ((events & POLLIN) != 0) {
    receive(client);
  } else if ((events & POLLOUT) != 0) {
    send(client);
  } else if (events != 0) {
    drop(client);  // it has left
  }
  if (client.descriptor >= 0) answer_requests(client);
  if (!client.reloading && now_ms >= client.deadline_ms) drop(client);
}

void ControlServer::receive(Client& client) {
  std::array<char, 4096> bytes;
  const std::size_t room = limits_.request_bytes - client.received.size();
  const ssize_t got = recv(client.descriptor, bytes.data(), std::min(room, bytes.size()), 0);
  if (got > 0) {
    client.received.append(bytes.data(), static_cast<std::size_t>(got));
  } else if (got == 0) {
    client.ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    drop(client);
  }
}

// As many of the lines that are there as can be answered at once.
void ControlServer::answer_requests(Client& client) {
  while (!busy(client) && !client.last_answer) {
    const std::size_t end = client.received.find('\n');
    if (end == std::string::npos) {
      if (client.received.size() < limits_.request_bytes) break;
      client.last_answer = true;
      client.unsent =
          error_line("a request has at most " + std::to_string(limits_.request_bytes) + " bytes") +
          "\n";
    } else {
      const std::string text = answer(client, std::string_view(client.received).substr(0, end));
      if (!client.reloading) client.unsent = text + "\n";
      client.received.erase(0, end + 1);
    }
    send(client);
    if (client.descriptor < 0) return;
  }
  if (!busy(client) && (client.ended || client.last_answer)) drop(client);
}

std::string ControlServer::answer(Client& client, std::string_view line) {
  const auto request = read_request(line);
  if (!request) return error_line(request.error());
  if (*request == Request::kReload) return start_reload(client);
  return snapshot_line(handlers_.sample());
}

// Empty when it has begun.
std::string ControlServer::start_reload(Client& client) {
  if (reloading_) return error_line("a reload is under way");
  if (reloader_.joinable()) reloader_.join();
  try {
    reloader_ = std::thread([this, id = client.id] {
      std::string text = reload_line(handlers_.reload()) + "\n";
      {
        const std::lock_guard lock(mutex_);
        reloaded_ = Reloaded{id, std::move(text)};
      }
      wake(wakeup_);
    });
  } catch (const std::system_error& error) {
    return error_line(std::string("there is no thread for a reload: ") + error.what());
  }
  reloading_ = true;
  client.reloading = true;
  return {};
}

void ControlServer::take_reloaded() {
  std::optional<Reloaded> reloaded;
  {
    const std::lock_guard lock(mutex_);
    reloaded = std::exchange(reloaded_, std::nullopt);
  }
  if (!reloaded) return;
  reloading_ = false;
  for (Client& client : clients_) {
    if (client.descriptor < 0 || client.id != reloaded->client) continue;
    client.reloading = false;
    client.unsent = std::move(reloaded->answer);
    send(client);
    if (client.descriptor >= 0) answer_requests(client);
  }
}

void ControlServer::send(Client& client) {
  while (!client.unsent.empty()) {
    const ssize_t sent =
        ::send(client.descriptor, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) drop(client);
      return;
    }
    client.unsent.erase(0, static_cast<std::size_t>(sent));
    client.deadline_ms = steady_ms() + limits_.idle_timeout_ms;
  }
}

void ControlServer::drop(Client& client) {
  if (client.descriptor >= 0) close(client.descriptor);
  client.descriptor = -1;
}

}  // namespace tracer::cli
