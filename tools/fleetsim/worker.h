// One thread's share of the fleet: an epoll loop over its listeners and the connections they
// accept. Constructed anywhere, then used by the thread that calls run(); stop() by any.
//
// Invariants: no call blocks but epoll_wait; a connection that says nothing for the idle limit is
// closed; when descriptors run out, accepting pauses and the connections at hand are served on.
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "tools/fleetsim/connection.h"
#include "tools/fleetsim/descriptor.h"
#include "tools/fleetsim/ports.h"
#include "tools/fleetsim/tls.h"

struct epoll_event;

namespace tracer::fleetsim {

class Worker {
 public:
  // `listeners` and `tls` must outlive the worker.
  static tl::expected<Worker, std::string> create(std::span<const Listener> listeners,
                                                  const TlsServer& tls, std::int64_t idle_limit_ns);
  void run();
  void stop() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Slot {
    Connection connection;
    std::uint32_t generation = 0;  // tells an event or timer of an earlier occupant
    std::uint32_t older = kNone;   // neighbours in the order of last_heard_ns
    std::uint32_t newer = kNone;
    std::int64_t last_heard_ns = 0;
    bool used = false;
    bool awaits_write = false;  // true exactly when registered for EPOLLOUT
  };
  struct Timer {
    std::int64_t due_ns;
    std::uint32_t slot;
    std::uint32_t generation;
    bool operator>(const Timer& other) const { return due_ns > other.due_ns; }
  };

  Worker(std::span<const Listener> listeners, const TlsServer& tls, std::int64_t idle_limit_ns)
      : listeners_(listeners), tls_(&tls), idle_limit_ns_(idle_limit_ns) {}

  void on_event(const epoll_event& event);
  void accept_from(std::uint32_t listener);
  void take(Descriptor socket, const Listener& listener);
  void pause_accepting(std::uint32_t listener);
  void resume_accepting();
  bool watch_listener(std::uint32_t listener, bool enabled, int operation) const;

  void advance(std::uint32_t index, Wake wake);
  void release(std::uint32_t index);
  void unlink(std::uint32_t index);
  void link_newest(std::uint32_t index);
  void run_timers();
  void drop_idle();
  int wait_ms() const;

  std::span<const Listener> listeners_;
  const TlsServer* tls_;
  std::int64_t idle_limit_ns_;
  std::int64_t now_ns_ = 0;  // read once a turn
  Descriptor epoll_;
  Descriptor stop_event_;
  bool stopping_ = false;

  std::deque<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<std::uint32_t> paused_;  // listeners
  std::int64_t resume_ns_ = 0;
  std::vector<char> scratch_;
};

}  // namespace tracer::fleetsim
