#include "engine/uring_ring.h"

#include <liburing.h>
#undef BLOCK_SIZE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/error_queue_read.h"
#include "engine/limits.h"

namespace tracer::engine {
namespace {

constexpr unsigned kSubmissionEntries = 4096;
constexpr unsigned kCompletionEntries = 32768;
constexpr int kBufferGroup = 0;

// Operations of our own carry their kind in the token's top byte, which callers leave zero.
enum class Internal : std::uint8_t {
  kCaller = 0,
  kSocket = 1,
  kIgnored = 2,
  kWake = 3,
  kConfirm = 4,
  kReason = 5,
};

constexpr Token internal_token(Internal kind, std::uint64_t low) {
  return static_cast<Token>(kind) << 56 | low;
}
constexpr Internal internal_kind(Token token) { return static_cast<Internal>(token >> 56); }

class UringRing final : public Ring {
 public:
  UringRing() = default;
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
  // What must outlive a submission, and what a linked pair shares.
  struct SlotState {
    sockaddr_in6 address;     // room for either family; read by the kernel at submission
    bool connecting = false;  // true exactly while a connect has not been told to the caller
    bool confirming = false;  // … and says that it succeeded, which is being confirmed
    Token connect_token = 0;
    Token receive_token = 0;
  };
  struct Deferred {  // a result known without asking the kernel
    Token token;
    std::int32_t result;
  };

  io_uring_sqe* next_sqe();
  void reserve(unsigned count);
  bool install_bound_socket(Slot slot, int family, const IpAddress& source, int& error);
  void arm_wake();
  void recycle_buffers();
  void submit_and_wait(std::int64_t timeout_ns);
  void take(const io_uring_cqe& cqe);
  void take_internal(Internal kind, Slot slot, std::int32_t result);
  void end_connect(Slot slot, std::int32_t result);

  io_uring ring_{};
  bool ring_open_ = false;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::vector<std::uint8_t> buffers_;
  std::vector<std::uint16_t> used_buffers_;  // lent out since the last wait()
  std::vector<SlotState> slots_;
  std::vector<Deferred> deferred_;
  std::vector<Slot> starved_;  // receives that found no buffer; queued again by the next wait()
  std::unordered_map<Slot, std::unique_ptr<ErrorQueueRead>> reasons_;  // being read
  std::vector<Completion> completions_;
  int wake_descriptor_ = -1;
  std::uint64_t wake_count_ = 0;  // written by the kernel
};

UringRing::~UringRing() {
  if (ring_open_) {
    if (buffer_ring_ != nullptr) {
      io_uring_free_buf_ring(&ring_, buffer_ring_, limits::kReceiveBuffers, kBufferGroup);
    }
    io_uring_queue_exit(&ring_);
  }
  if (wake_descriptor_ >= 0) ::close(wake_descriptor_);
}

std::string why_no_ring(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "io_uring is forbidden here (kernel.io_uring_disabled, or a container's seccomp "
             "profile): allow io_uring_setup, io_uring_enter and io_uring_register";
    case ENOSYS:
      return "this kernel has no io_uring: Linux 6.1 or newer is needed";
    case EINVAL:
      return "this kernel's io_uring lacks SINGLE_ISSUER or DEFER_TASKRUN: Linux 6.1 or newer is "
             "needed";
    case ENOMEM:
      return "no memory for io_uring: raise the memory limit, or RLIMIT_MEMLOCK on old kernels";
    default:
      return std::string("io_uring_setup: ") + std::strerror(error);
  }
}

std::string missing_operation(io_uring* ring) {
  struct Needed {
    int operation;
    const char* name;
  };
  constexpr std::array<Needed, 9> kNeeded{{{IORING_OP_SOCKET, "SOCKET"},
                                           {IORING_OP_CONNECT, "CONNECT"},
                                           {IORING_OP_SEND, "SEND"},
                                           {IORING_OP_RECV, "RECV"},
                                           {IORING_OP_RECVMSG, "RECVMSG"},
                                           {IORING_OP_CLOSE, "CLOSE"},
                                           {IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL"},
                                           {IORING_OP_POLL_ADD, "POLL_ADD"},
                                           {IORING_OP_READ, "READ"}}};
  io_uring_probe* probe = io_uring_get_probe_ring(ring);
  if (probe == nullptr) return "IORING_REGISTER_PROBE";
  std::string missing;
  for (const Needed& needed : kNeeded) {
    if (!io_uring_opcode_supported(probe, needed.operation)) missing = needed.name;
  }
  io_uring_free_probe(probe);
  return missing;
}

tl::expected<void, std::string> UringRing::open(std::uint32_t slots) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_CLAMP;
  params.cq_entries = kCompletionEntries;
  if (int error = io_uring_queue_init_params(kSubmissionEntries, &ring_, &params); error < 0) {
    return tl::unexpected(why_no_ring(-error));
  }
  ring_open_ = true;
  if (std::string missing = missing_operation(&ring_); !missing.empty()) {
    return tl::unexpected("this kernel's io_uring lacks " + missing +
                          ": Linux 6.1 or newer is needed");
  }
  if (int error = io_uring_register_files_sparse(&ring_, slots); error < 0) {
    return tl::unexpected("a table of " + std::to_string(slots) +
                          " io_uring files: " + std::strerror(-error) +
                          " (a table may have as many entries as RLIMIT_NOFILE allows)");
  }
  (void)io_uring_register_ring_fd(&ring_);  // only saves a look-up; nothing is lost without it

  int error = 0;
  buffer_ring_ = io_uring_setup_buf_ring(&ring_, limits::kReceiveBuffers, kBufferGroup, 0, &error);
  if (buffer_ring_ == nullptr) {
    return tl::unexpected(std::string("a ring of io_uring receive buffers: ") +
                          std::strerror(-error));
  }
  buffers_.resize(limits::kReceiveBuffers * limits::kReceiveBufferBytes);
  for (std::size_t i = 0; i < limits::kReceiveBuffers; ++i) {
    used_buffers_.push_back(static_cast<std::uint16_t>(i));
  }
  recycle_buffers();

  wake_descriptor_ = eventfd(0, EFD_CLOEXEC);
  if (wake_descriptor_ < 0) return tl::unexpected(std::string("eventfd: ") + std::strerror(errno));
  arm_wake();
  slots_.resize(slots);
  completions_.reserve(limits::kCompletionsPerTick);
  return {};
}

// A linked pair must reach the kernel in one submission.
void UringRing::reserve(unsigned count) {
  if (io_uring_sq_space_left(&ring_) < count) io_uring_submit(&ring_);
}

io_uring_sqe* UringRing::next_sqe() {
  reserve(1);
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  assert(sqe != nullptr);
  return sqe;
}

void UringRing::connect(Slot slot, const Endpoint& target, const IpAddress& source, Token token) {
  SlotState& state = slots_[slot];
  state = SlotState{};
  state.connecting = true;
  state.connect_token = token;
  sockaddr_storage address{};
  const socklen_t length = target.to_sockaddr(address);
  assert(length <= sizeof state.address && token_slot(token) == slot);
  std::memcpy(&state.address, &address, length);
  const int family = address.ss_family;
  if (source.family != 0) {
    int error = 0;
    if (!install_bound_socket(slot, family, source, error)) {
      state.connecting = false;
      deferred_.push_back({token, -error});
      return;
    }
  }
  reserve(3);
  if (source.family == 0) {
    io_uring_sqe* sqe = next_sqe();
    io_uring_prep_socket_direct(sqe, family, SOCK_STREAM, IPPROTO_TCP, slot, 0);
    io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
    io_uring_sqe_set_data64(sqe, internal_token(Internal::kSocket, slot));
  }
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_connect(sqe, static_cast<int>(slot),
                        reinterpret_cast<const sockaddr*>(&state.address), length);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | IOSQE_IO_LINK);
  io_uring_sqe_set_data64(sqe, token);

  // When an ICMP error comes back while connect still runs (a firewall of this host or a container
  // network rejecting), io_uring reports success for a socket that is not connected. Asked again,
  // a connected socket says EISCONN, and that one EALREADY.
  sqe = next_sqe();
  io_uring_prep_connect(sqe, static_cast<int>(slot),
                        reinterpret_cast<const sockaddr*>(&state.address), length);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
  io_uring_sqe_set_data64(sqe, internal_token(Internal::kConfirm, slot));
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
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
  io_uring_sqe_set_data64(sqe, token);
}

void UringRing::receive(Slot slot, Token token) {
  slots_[slot].receive_token = token;
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, static_cast<int>(slot), nullptr, limits::kReceiveBufferBytes, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
  sqe->buf_group = kBufferGroup;
  io_uring_sqe_set_data64(sqe, token);
}

void UringRing::cancel(Slot slot) {
  // A receive that waits for a buffer is not with the kernel.
  for (std::size_t i = 0; i < starved_.size(); ++i) {
    if (starved_[i] != slot) continue;
    starved_.erase(starved_.begin() + static_cast<std::ptrdiff_t>(i));
    deferred_.push_back({slots_[slot].receive_token, -ECANCELED});
    break;
  }
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_cancel_fd(sqe, static_cast<int>(slot),
                          IORING_ASYNC_CANCEL_FD_FIXED | IORING_ASYNC_CANCEL_ALL);
  io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
  io_uring_sqe_set_data64(sqe, internal_token(Internal::kIgnored, slot));
}

void UringRing::close(Slot slot, Token token) {
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
  io_uring_sqe_set_data64(sqe, internal_token(Internal::kIgnored, 0));
}

void UringRing::arm_wake() {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_read(sqe, wake_descriptor_, &wake_count_, sizeof wake_count_, 0);
  io_uring_sqe_set_data64(sqe, internal_token(Internal::kWake, 0));
}

void UringRing::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

void UringRing::recycle_buffers() {
  const int mask = io_uring_buf_ring_mask(limits::kReceiveBuffers);
  int offset = 0;
  for (const std::uint16_t id : used_buffers_) {
    io_uring_buf_ring_add(buffer_ring_, &buffers_[id * limits::kReceiveBufferBytes],
                          limits::kReceiveBufferBytes, id, mask, offset++);
  }
  io_uring_buf_ring_advance(buffer_ring_, offset);
  used_buffers_.clear();
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

void UringRing::end_connect(Slot slot, std::int32_t result) {
  // A socket that could not be put into its slot says nothing; the connect finds it empty.
  if (result == -EBADF) result = -ENFILE;
  slots_[slot].connecting = false;
  completions_.push_back({slots_[slot].connect_token, result, {}});
}

void UringRing::take_internal(Internal kind, Slot slot, std::int32_t result) {
  SlotState& state = slots_[slot];
  switch (kind) {
    case Internal::kSocket:  // failed, and took the operations linked to it along in silence
      end_connect(slot, result);
      return;
    case Internal::kConfirm: {
      if (!state.connecting || !state.confirming) return;  // the connect has failed
      if (result != -EALREADY) {
        end_connect(slot, 0);
        return;
      }
      auto& reason = reasons_[slot] = std::make_unique<ErrorQueueRead>();
      io_uring_sqe* sqe = next_sqe();
      io_uring_prep_recvmsg(sqe, static_cast<int>(slot), reason->message(),
                            MSG_ERRQUEUE | MSG_DONTWAIT);
      io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
      io_uring_sqe_set_data64(sqe, internal_token(Internal::kReason, slot));
      return;
    }
    case Internal::kReason: {
      const auto reason = reasons_.extract(slot);
      end_connect(slot, -reason.mapped()->error(result));
      return;
    }
    case Internal::kWake:
      arm_wake();
      return;
    case Internal::kIgnored:
    case Internal::kCaller:
      return;
  }
}

void UringRing::take(const io_uring_cqe& cqe) {
  const Token token = cqe.user_data;
  if (internal_kind(token) != Internal::kCaller) {
    take_internal(internal_kind(token), token_slot(token), cqe.res);
    return;
  }
  if (token_owner(token) == TokenOwner::kProbe) {
    SlotState& slot = slots_[token_slot(token)];
    if (slot.connecting) {
      slot.confirming = cqe.res == 0;
      if (!slot.confirming) end_connect(token_slot(token), cqe.res);
      return;
    }
    if (cqe.res == -ENOBUFS && token == slot.receive_token) {
      starved_.push_back(token_slot(token));
      return;
    }
  }
  Completion completion{token, cqe.res, {}};
  if ((cqe.flags & IORING_CQE_F_BUFFER) != 0) {
    const auto id = static_cast<std::uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    used_buffers_.push_back(id);
    if (cqe.res > 0) {
      completion.data = {&buffers_[id * limits::kReceiveBufferBytes],
                         static_cast<std::size_t>(cqe.res)};
    }
  }
  completions_.push_back(completion);
}

std::span<const Completion> UringRing::wait(std::int64_t timeout_ns) {
  recycle_buffers();
  completions_.clear();
  for (const Slot slot : std::exchange(starved_, {})) receive(slot, slots_[slot].receive_token);
  for (const Deferred& known : deferred_) completions_.push_back({known.token, known.result, {}});
  deferred_.clear();

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

}  // namespace

tl::expected<std::unique_ptr<Ring>, std::string> create_uring_ring(std::uint32_t slots) {
  auto ring = std::make_unique<UringRing>();
  if (auto opened = ring->open(slots); !opened) return tl::unexpected(opened.error());
  return ring;
}

std::string uring_library_version() {
  return "liburing " + std::to_string(io_uring_major_version()) + "." +
         std::to_string(io_uring_minor_version());
}

}  // namespace tracer::engine
