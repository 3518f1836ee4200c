// A service on loopback for sweeps: reads a line "PING key refusals" and answers "PONG", but only
// after it has told that key "WAIT" so many times. Runs on a thread of its own until destroyed.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "tests/unit/engine/loopback.h"

namespace tracer::sched::testing {

class PongServer {
 public:
  PongServer();
  ~PongServer();
  PongServer(const PongServer&) = delete;
  PongServer& operator=(const PongServer&) = delete;

  engine::Endpoint endpoint() const { return listener_.endpoint(); }
  std::uint64_t accepted() const { return accepted_.load(); }

 private:
  void run();
  void accept();
  void serve(int descriptor);
  std::string answer_to(const std::string& line);

  engine::testing::Listener listener_;
  int epoll_ = -1;
  int stop_ = -1;  // an eventfd
  std::map<int, engine::testing::Socket> clients_;
  std::map<std::string, int> refused_;  // by key
  std::atomic<std::uint64_t> accepted_{0};
  std::thread thread_;
};

}  // namespace tracer::sched::testing
