#include "tests/unit/sched/gathering_server.h"

#include <poll.h>

#include <algorithm>
#include <vector>

namespace tracer::sched::testing {
namespace {

constexpr int kQuietMs = 10;  // so long nobody new, and all are answered

}  // namespace

GatheringServer::GatheringServer() : thread_([this] { run(); }) {}

GatheringServer::~GatheringServer() {
  stopping_ = true;
  thread_.join();
}

void GatheringServer::run() {
  std::vector<engine::testing::Socket> clients;
  while (!stopping_) {
    pollfd listening{listener_.descriptor(), POLLIN, 0};
    if (::poll(&listening, 1, kQuietMs) > 0) {
      clients.push_back(listener_.accept());
      most_ = std::max(most_.load(), clients.size());
    } else {
      for (const auto& client : clients) client.send("HELLO\n");
      clients.clear();
    }
  }
}

}  // namespace tracer::sched::testing
