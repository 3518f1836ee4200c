#include "tools/tracer/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

namespace tracer::cli {
namespace {

constexpr std::int64_t kOneRequestNs = 100'000'000;

}  // namespace

Signals::Signals(const engine::Clock& clock) : clock_(clock) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, not a death
  signal_descriptor_ = signalfd(-1, &set, SFD_CLOEXEC);
  stop_descriptor_ = eventfd(0, EFD_CLOEXEC);
  if (signal_descriptor_ < 0 || stop_descriptor_ < 0) {
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return;
  }
  thread_ = std::thread([this] { serve(); });
}

Signals::~Signals() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(stop_descriptor_, &one, sizeof one);
    thread_.join();
  }
  if (stop_descriptor_ >= 0) close(stop_descriptor_);
  if (signal_descriptor_ >= 0) close(signal_descriptor_);
}

void Signals::attach(std::function<void(int)> on_stop, std::function<void()> on_hangup) {
  const std::lock_guard lock(mutex_);
  on_stop_ = std::move(on_stop);
  on_hangup_ = std::move(on_hangup);
  if (count_ > 0) on_stop_(count_);
}

void Signals::release() {
  const std::lock_guard lock(mutex_);
  on_stop_ = nullptr;
  on_hangup_ = nullptr;
}

int Signals::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void Signals::serve() {
  std::array<pollfd, 2> descriptors{
      {{signal_descriptor_, POLLIN, 0}, {stop_descriptor_, POLLIN, 0}}};
  std::int64_t repeats_until_ns = 0;
  while (true) {
    if (poll(descriptors.data(), descriptors.size(), -1) < 0) continue;
    if (descriptors[1].revents != 0) return;
    signalfd_siginfo info;
    if (read(signal_descriptor_, &info, sizeof info) != sizeof info) continue;
    const std::lock_guard lock(mutex_);
    if (info.ssi_signo == SIGHUP && on_hangup_) {
      on_hangup_();
      continue;
    }
    const std::int64_t now_ns = clock_.monotonic_ns();
    if (count_ > 0 && now_ns < repeats_until_ns) continue;
    repeats_until_ns = now_ns + kOneRequestNs;
    ++count_;
    if (on_stop_) on_stop_(count_);
  }
}

}  // namespace tracer::cli
