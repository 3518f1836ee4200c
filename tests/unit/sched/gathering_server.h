// A service on loopback that answers nobody until no more come: so it sees how many its clients
// let wait at a time. Every one of them is in flight for its client as long as it is unanswered.
// Runs on a thread of its own until destroyed.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "tests/unit/engine/loopback.h"

namespace tracer::sched::testing {

class GatheringServer {
 public:
  GatheringServer();
  ~GatheringServer();
  GatheringServer(const GatheringServer&) = delete;
  GatheringServer& operator=(const GatheringServer&) = delete;

  engine::Endpoint endpoint() const { return listener_.endpoint(); }
  std::size_t most_at_once() const { return most_.load(); }

 private:
  void run();

  engine::testing::Listener listener_;
  std::atomic<std::size_t> most_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tracer::sched::testing
