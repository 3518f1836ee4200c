#include "engine/uring_ring_setup.h"

#include <liburing.h>
#undef BLOCK_SIZE

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/limits.h"

namespace tracer::engine {
namespace {

constexpr unsigned kSubmissionEntries = 4096;
constexpr unsigned kCompletionEntries = 32768;

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

bool is_kernels_refusal(int error) {
  return error == EPERM || error == EACCES || error == ENOSYS || error == EINVAL;
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

}  // namespace

tl::expected<void, UringTrouble> set_up_uring(io_uring& ring, std::uint32_t slots) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  params.cq_entries = kCompletionEntries;
  if (int error = io_uring_queue_init_params(kSubmissionEntries, &ring, &params); error < 0) {
    return tl::unexpected(UringTrouble{why_no_ring(-error), is_kernels_refusal(-error)});
  }
  UringTrouble trouble;
  if (std::string missing = missing_operation(&ring); !missing.empty()) {
    trouble = {"this kernel's io_uring lacks " + missing + ": Linux 6.1 or newer is needed", true};
  } else if (int error = io_uring_register_files_sparse(&ring, slots); error < 0) {
    trouble.sentence = "a table of " + std::to_string(slots) +
                       " io_uring files: " + std::strerror(-error) +
                       " (a table may have as many entries as RLIMIT_NOFILE allows)";
  }
  if (trouble.sentence.empty()) return {};
  io_uring_queue_exit(&ring);
  return tl::unexpected(trouble);
}

void UringBuffers::Free::operator()(void* memory) const { std::free(memory); }

tl::expected<void, std::string> UringBuffers::register_with(io_uring& ring) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kBytes = limits::kReceiveBuffers * sizeof(io_uring_buf);
  static_assert(kBytes % kPage == 0);
  shared_.reset(static_cast<io_uring_buf_ring*>(std::aligned_alloc(kPage, kBytes)));
  if (!shared_) return tl::unexpected(std::string("no memory for io_uring receive buffers"));
  std::memset(static_cast<void*>(shared_.get()), 0, kBytes);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(shared_.get());
  registration.ring_entries = limits::kReceiveBuffers;
  registration.bgid = kGroup;
  if (int error = io_uring_register_buf_ring(&ring, &registration, 0); error < 0) {
    return tl::unexpected(std::string("a ring of io_uring receive buffers: ") +
                          std::strerror(-error));
  }
  io_uring_buf_ring_init(shared_.get());
  memory_ = std::make_unique_for_overwrite<std::uint8_t[]>(limits::kReceiveBuffers *
                                                           limits::kReceiveBufferBytes);
  for (std::size_t i = 0; i < limits::kReceiveBuffers; ++i) {
    lent_.push_back(static_cast<std::uint16_t>(i));
  }
  recycle();
  return {};
}

std::span<const std::uint8_t> UringBuffers::lent(std::uint16_t id) {
  lent_.push_back(id);
  return {&memory_[id * limits::kReceiveBufferBytes], limits::kReceiveBufferBytes};
}

void UringBuffers::recycle() {
  const int mask = io_uring_buf_ring_mask(limits::kReceiveBuffers);
  int offset = 0;
  for (const std::uint16_t id : lent_) {
    io_uring_buf_ring_add(shared_.get(), &memory_[id * limits::kReceiveBufferBytes],
                          limits::kReceiveBufferBytes, id, mask, offset++);
  }
  io_uring_buf_ring_advance(shared_.get(), offset);
  lent_.clear();
}

}  // namespace tracer::engine
