#include "engine/uring_ring.h"

#include <liburing.h>
#undef BLOCK_SIZE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/connection_reset.h"
#include "engine/error_queue_read.h"
#include "engine/limits.h"
#include "engine/uring_ring_setup.h"

namespace tracer::engine {
namespace {

// Operations of our own carry their kind in the token's top byte, which callers leave zero.
enum class Internal : std::uint8_t {
  kCaller = 0,
  kSocket = 1,
  kConfirm = 2,
  kReason = 3,
  kCancel = 4,
  kCancelPoll = 5,
  kWake = 6,
  kDisconnect = 7,
};

constexpr Token internal_token(Internal kind, std::uint64_t low = 0) {
  return static_cast<Token>(kind) << 56 | low;
}
constexpr Internal internal_kind(Token token) { return static_cast<Internal>(token >> 56); }

class UringRing final : public Ring {
 public:
  explicit UringRing(bool resets) : resets_(resets) {}
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;
  ~UringRing() override;

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
  // The slot's pending operation, and what must outlive its submission.
  struct SlotState {
    sockaddr_in6 address{};  // room for either family; read by the kernel at submission
    Operation pending = Operation::kNone;
    bool starved = false;     // the receive waits for a buffer and is not with the kernel
    bool cancelling = false;  // cancel() was called for the pending operation
    bool reset = false;       // the connection was, before its connect was confirmed
    std::uint32_t uses = 0;   // tells what belongs to an earlier socket of the slot
    Token token = 0;          // of the pending operation
  };
  struct Deferred {  // a result known without asking the kernel
    Token token;
    std::int32_t result;
  };

  io_uring_sqe* next_sqe();
  void reserve(unsigned count);
  void begin(Slot slot, Operation operation, Token token);
  void queue_connect(Slot slot, Token user_data, unsigned flags, unsigned address_length);
  void queue_receive(Slot slot);
  void queue_cancel(Slot slot);
  void queue_disconnect(Slot slot);
  bool install_bound_socket(Slot slot, int family, const IpAddress& source, int& error);
  void arm_wake();
  void submit_and_wait(std::int64_t timeout_ns);
  Token internal_of_slot(Internal kind, Slot slot) const;
  void take(const io_uring_cqe& cqe);
  void take_internal(Internal kind, Slot slot, std::int32_t result);
  bool take_of_slot(SlotState& state, std::int32_t& result);
  void read_reason(Slot slot);
  void end_connect(Slot slot, std::int32_t result);
  void take_deferred();

  const bool resets_;  // connections, when they are closed
  io_uring ring_{};
  bool ring_open_ = false;
  UringBuffers buffers_;
  std::vector<SlotState> slots_;
  std::vector<Deferred> deferred_;
  std::vector<Slot> starved_;  // receives that found no buffer; queued again by the next wait()
  std::vector<Slot> missed_;   // cancels that found nothing; queued again by the next wait()
  std::unordered_map<Slot, std::unique_ptr<ErrorQueueRead>> reasons_;  // being read
  std::vector<Completion> completions_;
  int wake_descriptor_ = -1;
  std::uint64_t wake_count_ = 0;  // written by the kernel
};

UringRing::~UringRing() {
  // Nothing here is bound to the thread of create(): the buffers go after the ring, by themselves.
  if (ring_open_) io_uring_queue_exit(&ring_);
  if (wake_descriptor_ >= 0) ::close(wake_descriptor_);
}

tl::expected<void, std::string> UringRing::open(std::uint32_t slots) {
  if (auto set_up = set_up_uring(ring_, slots); !set_up) {
    return tl::unexpected(set_up.error().sentence);
  }
  ring_open_ = true;
  if (auto registered = buffers_.register_with(ring_); !registered) return registered;
  wake_descriptor_ = eventfd(0, EFD_CLOEXEC);
  if (wake_descriptor_ < 0) return tl::unexpected(std::string("eventfd: ") + std::strerror(errno));
  arm_wake();
  slots_.resize(slots);
  completions_.reserve(limits::kCompletionsPerTick);
  return {};
}

// A linked pair must reach the kernel in one submission. Where the kernel is short of memory it
// takes nothing for the moment, and is asked again.
void UringRing::reserve(unsigned count) {
  while (io_uring_sq_space_left(&ring_) < count) {
    [[maybe_unused]] const int taken = io_uring_submit(&ring_);
    assert(taken >= 0 || taken == -EAGAIN || taken == -EBUSY || taken == -EINTR ||
           taken == -ENOMEM);
  }
}

io_uring_sqe* UringRing::next_sqe() {
  reserve(1);
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  assert(sqe != nullptr);
  return sqe;
}

void UringRing::begin(Slot slot, Operation operation, Token token) {
  SlotState& state = slots_[slot];
  assert(token_slot(token) == slot && internal_kind(token) == Internal::kCaller);
  assert(state.pending == Operation::kNone);
  state.pending = operation;
  state.token = token;
  state.cancelling = false;
}

void UringRing::connect(Slot slot, const Endpoint& target, const IpAddress& source, Token token) {
  SlotState& state = slots_[slot];
  begin(slot, Operation::kConnect, token);
  ++state.uses;
  state.reset = false;
  sockaddr_storage address{};
  const socklen_t length = target.to_sockaddr(address);
  assert(length <= sizeof state.address);
  std::memcpy(&state.address, &address, length);
  const int family = address.ss_family;
  if (source.family != 0) {
    int error = 0;
    if (!install_bound_socket(slot, family, source, error)) {
      deferred_.push_back({token, -error});
      return;
    }
  }
  reserve(3);
  if (source.family == 0) {
    io_uring_sqe* sqe = next_sqe();
    io_uring_prep_socket_direct(sqe, family, SOCK_STREAM, IPPROTO_TCP, slot, 0);
    io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
    io_uring_sqe_set_data64(sqe, internal_of_slot(Internal::kSocket, slot));
  }
  queue_connect(slot, token, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS, length);
  // When an ICMP error comes back while connect still runs (a firewall of this host or a container
  // network rejecting), io_uring reports success for a socket that is not connected. Asked again,
  // a connected socket says EISCONN, and that one EALREADY.
  queue_connect(slot, internal_of_slot(Internal::kConfirm, slot), 0, length);
}

void UringRing::queue_connect(Slot slot, Token user_data, unsigned flags, unsigned address_length) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_connect(sqe, static_cast<int>(slot),
                        reinterpret_cast<const sockaddr*>(&slots_[slot].address), address_length);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | flags);
  io_uring_sqe_set_data64(sqe, user_data);
}

// Binding on the ring needs Linux 6.11; a bound source address is rare, so it is done the plain
// way: an ordinary socket is bound and moved into the slot.
bool UringRing::install_bound_socket(Slot slot, int family, const IpAddress& source, int& error) {
  int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) {
    error = errno;
    return false;
  }
  const int on = 1;  // the port is chosen at connect, so that one address serves many targets
  (void)setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_storage address{};
  const socklen_t length = Endpoint{source, 0}.to_sockaddr(address);
  bool done = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0;
  if (!done) error = errno;
  if (done) {
    const int count = io_uring_register_files_update(&ring_, slot, &descriptor, 1);
    done = count == 1;
    if (!done) error = count < 0 ? -count : ENFILE;
  }
  ::close(descriptor);
  return done;
}

void UringRing::send(Slot slot, std::span<const std::uint8_t> bytes, Token token) {
  begin(slot, Operation::kSend, token);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
  io_uring_sqe_set_data64(sqe, token);
}

void UringRing::receive(Slot slot, Token token) {
  begin(slot, Operation::kReceive, token);
  queue_receive(slot);
}

void UringRing::queue_receive(Slot slot) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, static_cast<int>(slot), nullptr, limits::kReceiveBufferBytes, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
  sqe->buf_group = UringBuffers::kGroup;
  io_uring_sqe_set_data64(sqe, slots_[slot].token);
}

void UringRing::cancel(Slot slot) {
  SlotState& state = slots_[slot];
  if (state.pending == Operation::kNone || state.cancelling) return;
  state.cancelling = true;
  if (!state.starved) queue_cancel(slot);  // else the next wait() finds it in starved_
}

// By token, which the kernel finds by hash; by descriptor it would look at every operation.
void UringRing::queue_cancel(Slot slot) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_cancel64(sqe, slots_[slot].token, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
  io_uring_sqe_set_data64(sqe, internal_of_slot(Internal::kCancel, slot));
}

// A connect to no address takes the connection back, by a reset. Whatever comes of it, the close
// that is linked to it follows.
void UringRing::queue_disconnect(Slot slot) {
  static constexpr sockaddr kNowhere{};  // AF_UNSPEC
  reserve(2);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_connect(sqe, static_cast<int>(slot), &kNowhere, sizeof kNowhere);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK | IOSQE_CQE_SKIP_SUCCESS);
  io_uring_sqe_set_data64(sqe, internal_of_slot(Internal::kDisconnect, slot));
}

void UringRing::close(Slot slot, Token token) {
  begin(slot, Operation::kClose, token);
  if (resets_) queue_disconnect(slot);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_close_direct(sqe, slot);
  io_uring_sqe_set_data64(sqe, token);
}

void UringRing::poll(int descriptor, std::uint32_t events, Token token) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_poll_add(sqe, descriptor, events);
  io_uring_sqe_set_data64(sqe, token);
}

void UringRing::cancel_poll(Token token) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_cancel64(sqe, token, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
  io_uring_sqe_set_data64(sqe, internal_token(Internal::kCancelPoll));
}

void UringRing::arm_wake() {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_read(sqe, wake_descriptor_, &wake_count_, sizeof wake_count_, 0);
  io_uring_sqe_set_data64(sqe, internal_token(Internal::kWake));
}

void UringRing::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

void UringRing::submit_and_wait(std::int64_t timeout_ns) {
  if (timeout_ns == 0) {
    io_uring_submit_and_get_events(&ring_);
    return;
  }
  io_uring_cqe* first = nullptr;
  if (timeout_ns < 0) {
    io_uring_submit_and_wait(&ring_, 1);
    return;
  }
  __kernel_timespec timeout{};
  timeout.tv_sec = timeout_ns / 1'000'000'000;
  timeout.tv_nsec = timeout_ns % 1'000'000'000;
  io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
}

Token UringRing::internal_of_slot(Internal kind, Slot slot) const {
  return internal_token(kind, std::uint64_t{slots_[slot].uses} << kSlotBits | slot);
}

void UringRing::end_connect(Slot slot, std::int32_t result) {
  // A socket that could not be put into its slot says nothing; the connect finds it empty.
  if (result == -EBADF) result = -ENFILE;
  slots_[slot].reset = was_made_and_reset(result);
  if (slots_[slot].reset) result = 0;
  slots_[slot].pending = Operation::kNone;
  completions_.push_back({slots_[slot].token, result, {}});
}

void UringRing::read_reason(Slot slot) {
  auto& reason = reasons_[slot] = std::make_unique<ErrorQueueRead>();
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recvmsg(sqe, static_cast<int>(slot), reason->message(),
                        MSG_ERRQUEUE | MSG_DONTWAIT);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
  io_uring_sqe_set_data64(sqe, internal_of_slot(Internal::kReason, slot));
}

void UringRing::take_internal(Internal kind, Slot slot, std::int32_t result) {
  SlotState& state = slots_[slot];
  switch (kind) {
    case Internal::kSocket:  // failed, and took the operations linked to it along in silence
      end_connect(slot, result);
      return;
    case Internal::kConfirm:
      if (result == -EALREADY) {
        read_reason(slot);
      } else {
        end_connect(slot, was_made_and_reset(result) ? result : 0);
      }
      return;
    case Internal::kReason: {
      const auto reason = reasons_.extract(slot);
      end_connect(slot, -reason.mapped()->error(result));
      return;
    }
    case Internal::kCancel:
      // Only failures arrive here. Either the operation has ended and its completion is on its way,
      // or the kernel has not begun it: the second half of a linked pair starts some time after
      // its submission. So it is tried again.
      if (state.pending != Operation::kNone && state.cancelling) missed_.push_back(slot);
      return;
    case Internal::kCancelPoll:
    case Internal::kWake:
    case Internal::kDisconnect:  // there was nothing to reset
    case Internal::kCaller:
      return;
  }
}

void UringRing::take(const io_uring_cqe& cqe) {
  const Token token = cqe.user_data;
  const Internal kind = internal_kind(token);
  const Slot slot = token_slot(token);
  if (kind == Internal::kWake) arm_wake();
  if (kind != Internal::kCaller) {
    const bool of_slot = slot < slots_.size() && token == internal_of_slot(kind, slot);
    if (of_slot) take_internal(kind, slot, cqe.res);
    return;
  }
  Completion completion{token, cqe.res, {}};
  // What is not a slot's is a poll.
  if (slot < slots_.size() && slots_[slot].pending != Operation::kNone &&
      slots_[slot].token == token && !take_of_slot(slots_[slot], completion.result)) {
    return;
  }
  if ((cqe.flags & IORING_CQE_F_BUFFER) != 0) {
    const auto id = static_cast<std::uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    const std::span<const std::uint8_t> buffer = buffers_.lent(id);
    if (cqe.res > 0) completion.data = buffer.first(static_cast<std::size_t>(cqe.res));
  }
  completions_.push_back(completion);
}

// False when there is nothing more to tell the caller for now.
bool UringRing::take_of_slot(SlotState& state, std::int32_t& result) {
  const auto slot = static_cast<Slot>(&state - slots_.data());
  if (state.pending == Operation::kConnect) {
    end_connect(slot, result);  // only failures arrive here, and take the confirmation along
    return false;
  }
  if (state.pending == Operation::kReceive && result == -ENOBUFS) {
    state.starved = true;
    starved_.push_back(slot);
    return false;
  }
  if (state.reset && state.pending != Operation::kClose) result = after_reset(result);
  state.pending = Operation::kNone;
  return true;
}

void UringRing::take_deferred() {
  const std::size_t count = std::min(deferred_.size(), limits::kCompletionsPerTick);
  for (const Deferred& known : std::span(deferred_).first(count)) {
    slots_[token_slot(known.token)].pending = Operation::kNone;
    completions_.push_back({known.token, known.result, {}});
  }
  deferred_.erase(deferred_.begin(), deferred_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::span<const Completion> UringRing::wait(std::int64_t timeout_ns) {
  buffers_.recycle();
  completions_.clear();
  for (const Slot slot : std::exchange(missed_, {})) {
    const SlotState& state = slots_[slot];
    if (state.pending != Operation::kNone && state.cancelling) queue_cancel(slot);
  }
  for (const Slot slot : std::exchange(starved_, {})) {
    slots_[slot].starved = false;
    if (slots_[slot].cancelling) {
      deferred_.push_back({slots_[slot].token, -ECANCELED});
    } else {
      queue_receive(slot);
    }
  }
  take_deferred();

  if (!completions_.empty() || io_uring_cq_ready(&ring_) > 0) timeout_ns = 0;
  submit_and_wait(timeout_ns);

  io_uring_cqe* cqe = nullptr;
  unsigned head = 0;
  unsigned seen = 0;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    if (completions_.size() >= limits::kCompletionsPerTick) break;
    take(*cqe);
    ++seen;
  }
  io_uring_cq_advance(&ring_, seen);
  return completions_;
}

tl::expected<std::unique_ptr<Ring>, std::string> create(std::uint32_t slots, bool resets) {
  auto ring = std::make_unique<UringRing>(resets);
  if (auto opened = ring->open(slots); !opened) return tl::unexpected(opened.error());
  return ring;
}

}  // namespace

tl::expected<std::unique_ptr<Ring>, std::string> create_uring_ring(std::uint32_t slots) {
  return create(slots, false);
}

tl::expected<std::unique_ptr<Ring>, std::string> create_resetting_uring_ring(std::uint32_t slots) {
  return create(slots, true);
}

std::optional<std::string> why_no_uring() {
  io_uring ring{};
  if (const auto set_up = set_up_uring(ring, 1); !set_up) {
    if (set_up.error().kernel) return set_up.error().sentence;
    return std::nullopt;
  }
  io_uring_queue_exit(&ring);
  return std::nullopt;
}

std::string uring_library_version() {
  return "liburing " + std::to_string(io_uring_major_version()) + "." +
         std::to_string(io_uring_minor_version());
}

}  // namespace tracer::engine
