#include "tools/fleetsim/worker.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace tracer::fleetsim {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kPauseNs = 50 * kMs;
constexpr int kEventsATurn = 512;
constexpr int kAcceptsATurn = 128;
constexpr std::size_t kScratchBytes = 16 * 1024;

// What an epoll event belongs to: a kind and, for connections, the generation, above an index.
constexpr std::uint64_t kConnection = 0;
constexpr std::uint64_t kListener = 1ULL << 63;
constexpr std::uint64_t kStop = 1ULL << 62;
constexpr std::uint32_t kGenerationMask = (1U << 30) - 1;

std::uint64_t tag(std::uint64_t kind, std::uint32_t generation, std::uint32_t index) {
  return kind | static_cast<std::uint64_t>(generation) << 32 | index;
}

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Whether the client reached us on an address of 127/8.
bool is_loopback(int socket) {
  sockaddr_in local{};
  socklen_t size = sizeof(local);
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size) == 0 &&
         local.sin_family == AF_INET &&
         ntohl(local.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

}  // namespace

tl::expected<Worker, std::string> Worker::create(std::span<const Listener> listeners,
                                                 const TlsServer& tls, std::int64_t idle_limit_ns) {
  Worker worker(listeners, tls, idle_limit_ns);
  worker.epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  worker.stop_event_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kStop}};
  bool ok = worker.epoll_ && worker.stop_event_ &&
            ::epoll_ctl(worker.epoll_.get(), EPOLL_CTL_ADD, worker.stop_event_.get(), &event) == 0;
  for (std::uint32_t i = 0; i < listeners.size(); ++i) {
    ok = ok && worker.watch_listener(i, true, EPOLL_CTL_ADD);
  }
  if (!ok) {
    return tl::make_unexpected(std::string("cannot set up epoll: ") + std::strerror(errno));
  }
  worker.scratch_.resize(kScratchBytes);
  return worker;
}

void Worker::stop() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_event_.get(), &one, sizeof(one));
}

void Worker::run() {
  std::array<epoll_event, kEventsATurn> events{};
  now_ns_ = monotonic_ns();
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsATurn, wait_ms());
    now_ns_ = monotonic_ns();
    for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)]);
    run_timers();
    drop_idle();
    if (!paused_.empty() && now_ns_ >= resume_ns_) resume_accepting();
  }
}

int Worker::wait_ms() const {
  std::int64_t due_ns = INT64_MAX;
  if (!timers_.empty()) due_ns = timers_.top().due_ns;
  if (oldest_ != kNone) due_ns = std::min(due_ns, slots_[oldest_].last_heard_ns + idle_limit_ns_);
  if (!paused_.empty()) due_ns = std::min(due_ns, resume_ns_);
  if (due_ns == INT64_MAX) return -1;
  const std::int64_t ms = (due_ns - now_ns_ + kMs - 1) / kMs;
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000));
}

void Worker::on_event(const epoll_event& event) {
  const std::uint64_t data = event.data.u64;
  const auto index = static_cast<std::uint32_t>(data);
  if ((data & kStop) != 0) {
    stopping_ = true;
  } else if ((data & kListener) != 0) {
    accept_from(index);
  } else if (Slot& slot = slots_[index];
             slot.used && tag(kConnection, slot.generation, index) == data) {
    const bool hangup = (event.events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) != 0;
    advance(index, hangup ? Wake::kHangup : Wake::kSocket);
  }
}

bool Worker::watch_listener(std::uint32_t listener, bool enabled, int operation) const {
  epoll_event event{.events = enabled ? static_cast<std::uint32_t>(EPOLLIN) : 0U,
                    .data = {.u64 = tag(kListener, 0, listener)}};
  return ::epoll_ctl(epoll_.get(), operation, listeners_[listener].socket.get(), &event) == 0;
}

void Worker::accept_from(std::uint32_t listener) {
  const Listener& from = listeners_[listener];
  for (int i = 0; i < kAcceptsATurn; ++i) {
    Descriptor socket(::accept4(from.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      take(std::move(socket), from);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause_accepting(listener);
    }
    // Anything else is nothing to accept, or the error of one connection that is gone already.
    return;
  }
}

void Worker::take(Descriptor socket, const Listener& listener) {
  if (listener.wildcard && !is_loopback(socket.get())) return;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  Slot& slot = slots_[index];
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                    .data = {.u64 = tag(kConnection, slot.generation, index)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) return;
  free_.pop_back();
  slot.used = true;
  slot.awaits_write = false;
  slot.last_heard_ns = now_ns_;
  link_newest(index);
  slot.connection.start(std::move(socket), *listener.service, *tls_);
  advance(index, Wake::kStart);
}

// A level-triggered listener that cannot be served would wake the loop again and again.
void Worker::pause_accepting(std::uint32_t listener) {
  if (paused_.empty()) resume_ns_ = now_ns_ + kPauseNs;
  watch_listener(listener, false, EPOLL_CTL_MOD);
  paused_.push_back(listener);
}

void Worker::resume_accepting() {
  for (const std::uint32_t listener : std::exchange(paused_, {})) {
    watch_listener(listener, true, EPOLL_CTL_MOD);
  }
}

void Worker::advance(std::uint32_t index, Wake wake) {
  Slot& slot = slots_[index];
  const Next next = slot.connection.advance(wake, scratch_);
  if (next.finished) {
    release(index);
    return;
  }
  if (next.heard) {
    slot.last_heard_ns = now_ns_;
    unlink(index);
    link_newest(index);
  }
  if (next.timer_ms >= 0) {
    timers_.push({now_ns_ + next.timer_ms * kMs, index, slot.generation});
  }
  if (next.wants_write && !slot.awaits_write) {
    slot.awaits_write = true;
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                      .data = {.u64 = tag(kConnection, slot.generation, index)}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, slot.connection.socket(), &event);
  }
}

void Worker::release(std::uint32_t index) {
  Slot& slot = slots_[index];
  unlink(index);
  slot.used = false;
  slot.generation = (slot.generation + 1) & kGenerationMask;
  free_.push_back(index);
  resume_ns_ = now_ns_;  // a descriptor is free
}

void Worker::unlink(std::uint32_t index) {
  const Slot& slot = slots_[index];
  (slot.older != kNone ? slots_[slot.older].newer : oldest_) = slot.newer;
  (slot.newer != kNone ? slots_[slot.newer].older : newest_) = slot.older;
}

void Worker::link_newest(std::uint32_t index) {
  Slot& slot = slots_[index];
  slot.older = newest_;
  slot.newer = kNone;
  (newest_ != kNone ? slots_[newest_].newer : oldest_) = index;
  newest_ = index;
}

void Worker::run_timers() {
  // What these timers set anew is left for the next turn.
  const std::int64_t until_ns = now_ns_;
  std::vector<Timer> due;
  while (!timers_.empty() && timers_.top().due_ns <= until_ns) {
    due.push_back(timers_.top());
    timers_.pop();
  }
  for (const Timer& timer : due) {
    const Slot& slot = slots_[timer.slot];
    if (slot.used && slot.generation == timer.generation) advance(timer.slot, Wake::kTimer);
  }
}

void Worker::drop_idle() {
  while (oldest_ != kNone && slots_[oldest_].last_heard_ns + idle_limit_ns_ <= now_ns_) {
    const std::uint32_t index = oldest_;
    slots_[index].connection.finish();
    release(index);
  }
}

}  // namespace tracer::fleetsim
