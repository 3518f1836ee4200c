#include "tests/unit/sched/pong_server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <utility>

namespace tracer::sched::testing {
namespace {

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  (void)epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

PongServer::PongServer() : epoll_(epoll_create1(EPOLL_CLOEXEC)), stop_(eventfd(0, EFD_CLOEXEC)) {
  watch(epoll_, listener_.descriptor());
  watch(epoll_, stop_);
  thread_ = std::thread([this] { run(); });
}

PongServer::~PongServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(stop_);
  ::close(epoll_);
}

void PongServer::run() {
  std::array<epoll_event, 64> events{};
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == stop_) return;
      descriptor == listener_.descriptor() ? accept() : serve(descriptor);
    }
  }
}

void PongServer::accept() {
  engine::testing::Socket client = listener_.accept();
  ++accepted_;
  watch(epoll_, client.descriptor());
  const int descriptor = client.descriptor();
  clients_[descriptor] = std::move(client);
}

void PongServer::serve(int descriptor) {
  const auto client = clients_.find(descriptor);
  const std::string line = client->second.receive();
  if (!line.empty()) {
    client->second.send(answer_to(line));
    client->second.end_of_stream();
  } else {
    clients_.erase(client);  // closes it, and epoll forgets it
  }
}

std::string PongServer::answer_to(const std::string& line) {
  std::istringstream words(line);
  std::string ping;
  std::string key;
  int refusals = 0;
  words >> ping >> key >> refusals;
  return refused_[key]++ < refusals ? "WAIT\n" : "PONG\n";
}

}  // namespace tracer::sched::testing
