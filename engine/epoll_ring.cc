#include "engine/epoll_ring.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/connection_reset.h"
#include "engine/limits.h"

namespace tracer::engine {
namespace {

static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP && POLLPRI == EPOLLPRI);

// What an event is about, in the high half of its word; the low half is a slot or a descriptor.
enum class Subject : std::uint32_t { kSlot, kPoll, kWake };

constexpr std::uint64_t event_word(Subject subject, std::uint32_t low = 0) {
  return std::uint64_t{static_cast<std::uint32_t>(subject)} << 32 | low;
}

constexpr int kEventsPerWait = 256;
constexpr linger kHard{.l_onoff = 1, .l_linger = 0};  // close() resets

class EpollRing final : public Ring {
 public:
  explicit EpollRing(bool resets) : resets_(resets) {}
  EpollRing(const EpollRing&) = delete;
  EpollRing& operator=(const EpollRing&) = delete;
  ~EpollRing() override;

  tl::expected<void, std::string> open(std::uint32_t slots);

  void connect(Slot slot, const Endpoint& target, const IpAddress& source, Token token) override;
  void send(Slot slot, std::span<const std::uint8_t> bytes, Token token) override;
  void receive(Slot slot, Token token) override;
  void cancel(Slot slot) override;
  void close(Slot slot, Token token) override;
  void poll(int descriptor, std::uint32_t events, Token token) override;
  void cancel_poll(Token token) override;
  std::span<const Completion> wait(std::int64_t timeout_ns) override;
  void wake() override;
  std::uint32_t slots() const override { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  enum class Operation : std::uint8_t { kNone, kConnect, kSend, kReceive, kClose };
  struct SlotState {
    int descriptor = -1;
    Operation pending = Operation::kNone;
    bool due = false;         // in due_, to be tried
    bool cancelling = false;  // cancel() was called for the pending operation
    bool reset = false;       // the connection was, before its connect was confirmed
    int connect_error = 0;    // of a connect that did not get under way
    sockaddr_in6 address{};   // room for either family; a connect is confirmed by asking again
    std::span<const std::uint8_t> outgoing;
    Token token = 0;  // of the pending operation
  };
  struct Poll {
    int descriptor;
    Token token;
  };

  void begin(Slot slot, Operation operation, Token token);
  void make_due(Slot slot);
  int start_connect(Slot slot, const IpAddress& source);
  static int connect_socket(const SlotState& state);
  std::optional<std::int32_t> attempt(SlotState& state);
  static std::optional<std::int32_t> confirm_connect(const SlotState& state);
  bool has_room() const { return completions_.size() < limits::kCompletionsPerTick; }
  void complete_known();
  void try_due();
  int await_events(std::int64_t timeout_ns);
  void take(const epoll_event& event);
  void take_slot(Slot slot, std::uint32_t events);
  void take_poll(int descriptor, std::uint32_t events);

  const bool resets_;  // connections, when they are closed
  int epoll_ = -1;
  int wake_descriptor_ = -1;
  bool nanoseconds_ = true;  // the kernel has epoll_pwait2
  std::vector<SlotState> slots_;
  std::deque<Slot> due_;                      // operations to try, each once
  std::vector<Poll> polls_;                   // pending, few
  std::deque<Completion> known_;              // of polls; handed out by wait()
  std::unique_ptr<std::uint8_t[]> received_;  // by one wait()
  std::size_t received_bytes_ = 0;
  std::array<epoll_event, kEventsPerWait> events_{};
  std::vector<Completion> completions_;
};

EpollRing::~EpollRing() {
  for (const SlotState& state : slots_) {
    if (state.descriptor >= 0) ::close(state.descriptor);
  }
  if (wake_descriptor_ >= 0) ::close(wake_descriptor_);
  if (epoll_ >= 0) ::close(epoll_);
}

tl::expected<void, std::string> EpollRing::open(std::uint32_t slots) {
  const auto trouble = [](const char* what) {
    return tl::unexpected(std::string(what) + ": " + std::strerror(errno));
  };
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return trouble("getrlimit");
  if (slots > limit.rlim_max) {
    return tl::unexpected(std::to_string(slots) + " sockets at a time: RLIMIT_NOFILE allows " +
                          std::to_string(limit.rlim_max) + " descriptors");
  }
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return trouble("setrlimit");
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return trouble("epoll_create1");
  wake_descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_descriptor_ < 0) return trouble("eventfd");
  // Each write is an edge of its own, so that the counter need not be read.
  epoll_event event{EPOLLIN | EPOLLET, {.u64 = event_word(Subject::kWake)}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_descriptor_, &event) != 0) return trouble("epoll_ctl");
  slots_.resize(slots);
  received_ = std::make_unique_for_overwrite<std::uint8_t[]>(limits::kCompletionsPerTick *
                                                             limits::kReceiveBufferBytes);
  completions_.reserve(limits::kCompletionsPerTick);
  return {};
}

void EpollRing::begin(Slot slot, Operation operation, Token token) {
  SlotState& state = slots_[slot];
  assert(token_slot(token) == slot && token >> 56 == 0);
  assert(state.pending == Operation::kNone);
  state.pending = operation;
  state.token = token;
  state.cancelling = false;
}

void EpollRing::make_due(Slot slot) {
  if (std::exchange(slots_[slot].due, true)) return;
  due_.push_back(slot);
}

void EpollRing::connect(Slot slot, const Endpoint& target, const IpAddress& source, Token token) {
  begin(slot, Operation::kConnect, token);
  SlotState& state = slots_[slot];
  sockaddr_storage address{};
  const unsigned length = target.to_sockaddr(address);
  assert(length <= sizeof state.address);
  std::memcpy(&state.address, &address, length);
  state.reset = false;
  state.connect_error = start_connect(slot, source);
  if (state.connect_error != EINPROGRESS) make_due(slot);
}

// The whole of the address's room: the kernel reads as much as the family needs.
int EpollRing::connect_socket(const SlotState& state) {
  const auto* address = reinterpret_cast<const sockaddr*>(&state.address);
  return ::connect(state.descriptor, address, sizeof state.address) == 0 ? 0 : errno;
}

// The errno of what did not work; EINPROGRESS where epoll will tell.
int EpollRing::start_connect(Slot slot, const IpAddress& source) {
  SlotState& state = slots_[slot];
  assert(state.descriptor < 0);
  state.descriptor =
      ::socket(state.address.sin6_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (state.descriptor < 0) return errno;
  if (source.family != 0) {
    const int on = 1;  // the port is chosen at connect, so that one address serves many targets
    (void)setsockopt(state.descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_storage address{};
    const socklen_t length = Endpoint{source, 0}.to_sockaddr(address);
    if (bind(state.descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      return errno;
    }
  }
  const int error = connect_socket(state);
  if (error != 0 && error != EINPROGRESS) return error;
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    {.u64 = event_word(Subject::kSlot, slot)}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, state.descriptor, &event) != 0) return errno;
  return EINPROGRESS;
}

void EpollRing::send(Slot slot, std::span<const std::uint8_t> bytes, Token token) {
  begin(slot, Operation::kSend, token);
  slots_[slot].outgoing = bytes;
  make_due(slot);
}

void EpollRing::receive(Slot slot, Token token) {
  begin(slot, Operation::kReceive, token);
  make_due(slot);
}

void EpollRing::close(Slot slot, Token token) {
  begin(slot, Operation::kClose, token);
  make_due(slot);
}

void EpollRing::cancel(Slot slot) {
  SlotState& state = slots_[slot];
  if (state.pending == Operation::kNone || state.pending == Operation::kClose) return;
  state.cancelling = true;
  make_due(slot);
}

// At once, for after cancel_poll() the caller may close the descriptor, and its number has an heir.
void EpollRing::poll(int descriptor, std::uint32_t events, Token token) {
  assert(std::ranges::none_of(
      polls_, [descriptor](const Poll& poll) { return poll.descriptor == descriptor; }));
  epoll_event event{events | EPOLLONESHOT,
                    {.u64 = event_word(Subject::kPoll, static_cast<std::uint32_t>(descriptor))}};
  // Known already where a poll of it has completed before.
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) != 0 &&
      (errno != ENOENT || epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0)) {
    known_.push_back({token, -errno, {}});
    return;
  }
  polls_.push_back({descriptor, token});
}

void EpollRing::cancel_poll(Token token) {
  const auto found = std::ranges::find(polls_, token, &Poll::token);
  if (found == polls_.end()) return;
  (void)epoll_ctl(epoll_, EPOLL_CTL_DEL, found->descriptor, nullptr);
  polls_.erase(found);
  known_.push_back({token, -ECANCELED, {}});
}

void EpollRing::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

// The socket's error comes first: it also tells of an ICMP message that came while connect was at
// work (a firewall of this host or a container network rejecting), which ends the attempt as
// elsewhere. Without one, connect is asked again: a connected socket says so, and one that is still
// on its way EALREADY.
std::optional<std::int32_t> EpollRing::confirm_connect(const SlotState& state) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(state.descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
  if (error == 0) error = connect_socket(state);
  if (error == EALREADY) return std::nullopt;
  return error == EISCONN ? 0 : -error;
}

// The pending operation's result, or nothing where it has to wait for an event.
std::optional<std::int32_t> EpollRing::attempt(SlotState& state) {
  if (state.cancelling) return -ECANCELED;
  ssize_t count = 0;
  switch (state.pending) {
    case Operation::kConnect:
      if (state.connect_error != EINPROGRESS) return -state.connect_error;
      if (const auto result = confirm_connect(state); !result || !was_made_and_reset(*result)) {
        return result;
      }
      state.reset = true;
      break;
    case Operation::kSend:
      count = ::send(state.descriptor, state.outgoing.data(), state.outgoing.size(), MSG_NOSIGNAL);
      break;
    case Operation::kReceive:
      count = ::recv(state.descriptor, &received_[received_bytes_], limits::kReceiveBufferBytes, 0);
      break;
    case Operation::kClose:
      if (resets_) (void)setsockopt(state.descriptor, SOL_SOCKET, SO_LINGER, &kHard, sizeof kHard);
      // Takes it out of epoll's set, too. There is none where no socket was to be had.
      if (state.descriptor >= 0) ::close(std::exchange(state.descriptor, -1));
      break;
    case Operation::kNone:
      assert(false && "due without an operation");
  }
  if (count < 0 && errno == EAGAIN) return std::nullopt;
  const auto result = static_cast<std::int32_t>(count >= 0 ? count : -errno);
  const bool transfer = state.pending == Operation::kSend || state.pending == Operation::kReceive;
  return transfer && state.reset ? after_reset(result) : result;
}

void EpollRing::complete_known() {
  for (; !known_.empty() && has_room(); known_.pop_front()) completions_.push_back(known_.front());
}

void EpollRing::try_due() {
  for (; !due_.empty() && has_room(); due_.pop_front()) {
    SlotState& state = slots_[due_.front()];
    state.due = false;
    const auto result = attempt(state);
    if (!result) continue;
    Completion completion{state.token, *result, {}};
    if (state.pending == Operation::kReceive && *result > 0) {
      const auto count = static_cast<std::size_t>(*result);
      completion.data = {&received_[received_bytes_], count};
      received_bytes_ += count;
    }
    state.pending = Operation::kNone;
    completions_.push_back(completion);
  }
}

// How many events there are.
int EpollRing::await_events(std::int64_t timeout_ns) {
  if (nanoseconds_) {
    const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    const int count = epoll_pwait2(epoll_, events_.data(), kEventsPerWait,
                                   timeout_ns < 0 ? nullptr : &timeout, nullptr);
    if (count >= 0 || errno == EINTR) return std::max(count, 0);
    nanoseconds_ = false;  // Linux before 5.11, or a seccomp profile that is as old
  }
  // Rounded up, so that who waits for a deadline is not woken before it again and again.
  const std::int64_t up_ms = timeout_ns < 0 ? -1 : (timeout_ns + 999'999) / 1'000'000;
  const int count = epoll_wait(epoll_, events_.data(), kEventsPerWait,
                               static_cast<int>(std::min<std::int64_t>(up_ms, INT_MAX)));
  assert(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

void EpollRing::take(const epoll_event& event) {
  const auto low = static_cast<std::uint32_t>(event.data.u64);
  switch (static_cast<Subject>(event.data.u64 >> 32)) {
    case Subject::kSlot:
      take_slot(low, event.events);
      return;
    case Subject::kPoll:
      take_poll(static_cast<int>(low), event.events);
      return;
    case Subject::kWake:
      return;
  }
}

void EpollRing::take_slot(Slot slot, std::uint32_t events) {
  constexpr std::uint32_t kEnd = EPOLLERR | EPOLLHUP;
  switch (slots_[slot].pending) {
    case Operation::kConnect:
      make_due(slot);
      return;
    case Operation::kSend:
      if ((events & (EPOLLOUT | kEnd)) != 0) make_due(slot);
      return;
    case Operation::kReceive:
      if ((events & (EPOLLIN | EPOLLRDHUP | kEnd)) != 0) make_due(slot);
      return;
    case Operation::kNone:
    case Operation::kClose:
      return;
  }
}

void EpollRing::take_poll(int descriptor, std::uint32_t events) {
  const auto found = std::ranges::find(polls_, descriptor, &Poll::descriptor);
  assert(found != polls_.end());
  known_.push_back({found->token, static_cast<std::int32_t>(events), {}});
  polls_.erase(found);
}

std::span<const Completion> EpollRing::wait(std::int64_t timeout_ns) {
  completions_.clear();
  received_bytes_ = 0;
  complete_known();
  try_due();
  // Looks for events even when there is no room, so that nothing waits for ever behind what is due.
  const bool any = !completions_.empty() || !due_.empty() || !known_.empty();
  const int count = await_events(any ? 0 : timeout_ns);
  for (int i = 0; i < count; ++i) take(events_[static_cast<std::size_t>(i)]);
  complete_known();
  try_due();
  return completions_;
}

}  // namespace

tl::expected<std::unique_ptr<Ring>, std::string> create_epoll_ring(std::uint32_t slots) {
  auto ring = std::make_unique<EpollRing>(false);
  if (auto opened = ring->open(slots); !opened) return tl::unexpected(opened.error());
  return ring;
}

tl::expected<std::unique_ptr<Ring>, std::string> create_resetting_epoll_ring(std::uint32_t slots) {
  auto ring = std::make_unique<EpollRing>(true);
  if (auto opened = ring->open(slots); !opened) return tl::unexpected(opened.error());
  return ring;
}

}  // namespace tracer::engine
