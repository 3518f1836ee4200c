// The side of a run that answers on its control socket. Owns the socket and a thread, which calls
// the handlers; a reload, which may take long, has a thread of its own meanwhile, so that snapshots
// go on. Made and destroyed by the thread that owns the run.
//
// Invariants:
//  1. Nothing a client does (garbage, endless lines, silence, not reading, leaving) delays another
//     one, nor whoever runs the checks. What it may hold is bounded: see Limits.
//  2. A client has one request under way at a time; its next one is read when that is answered.
//  3. One reload at a time; another one is refused meanwhile.
//  4. When the destructor has returned, no handler is being called, and the socket's path is gone.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <tl/expected.hpp>

#include "tools/tracer/control/control_socket.h"
#include "tools/tracer/control/messages.h"

namespace tracer::cli {

// Called on threads of the server, one call of each at a time.
struct ControlHandlers {
  std::function<RunSample()> sample;
  std::function<ReloadResult()> reload;
};

class ControlServer {
 public:
  struct Limits {
    std::size_t clients = 16;
    std::size_t request_bytes = 4096;  // of a line, its end included
    int idle_timeout_ms = 10'000;      // until a request is whole, or more of an answer is taken
  };

  static tl::expected<std::unique_ptr<ControlServer>, ListenError> start(const std::string& path,
                                                                         ControlHandlers handlers,
                                                                         const Limits& limits);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Client {
    std::uint64_t id = 0;
    int descriptor = -1;
    std::string received;      // not yet answered; at most request_bytes
    std::string unsent;        // of an answer
    bool reloading = false;    // its answer comes from the reload's thread
    bool last_answer = false;  // to be closed when it is sent
    bool ended = false;        // sends nothing more
    std::int64_t deadline_ms = 0;
  };
  struct Reloaded {
    std::uint64_t client = 0;
    std::string answer;
  };

  ControlServer(std::string path, int listener, int wakeup, ControlHandlers handlers,
                const Limits& limits);

  void serve();
  void accept_clients(std::int64_t now_ms);
  void serve_client(Client& client, short events, std::int64_t now_ms);
  void receive(Client& client);
  void answer_requests(Client& client);
  std::string answer(Client& client, std::string_view line);
  std::string start_reload(Client& client);
  void take_reloaded();
  void send(Client& client);
  void drop(Client& client);
  bool busy(const Client& client) const { return client.reloading || !client.unsent.empty(); }

  const std::string path_;
  const int listener_;
  const int wakeup_;  // an eventfd: something below the mutex has changed
  const ControlHandlers handlers_;
  const Limits limits_;
  dev_t device_ = 0;  // of the socket's path, as it was made
  ino_t inode_ = 0;

  std::list<Client> clients_;  // those that are dropped have no descriptor, until the turn ends
  std::uint64_t next_client_ = 1;
  std::int64_t accept_again_ms_ = 0;
  std::thread reloader_;
  bool reloading_ = false;

  std::mutex mutex_;
  bool stopping_ = false;
  std::optional<Reloaded> reloaded_;

  std::thread thread_;
};

}  // namespace tracer::cli
