// An io_uring with a table of direct descriptors, set up as tracer's is: what is queued is
// submitted with the next wait. Belongs to one thread, the one that makes it.
//
// Each operation is on a slot of the table and is a step of its probe; its completion brings both
// back. Addresses and bytes stay valid until then.
#pragma once

#include <liburing.h>
#undef BLOCK_SIZE

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>

#include "bench/floor/floor.h"

namespace tracer::bench {

enum class Step : std::uint8_t { kConnect, kSend, kReceive, kClose };

class Ring {
 public:
  explicit Ring(unsigned slots) {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                   IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = 32768;
    check(io_uring_queue_init_params(4096, &ring_, &params), "io_uring_setup");
    check(io_uring_register_files_sparse(&ring_, slots), "a table of so many io_uring files");
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { io_uring_queue_exit(&ring_); }

  // Makes the socket too. One completion: of whichever failed, or of the connect.
  void connect(unsigned slot, const sockaddr_in& address) {
    reserve(2);  // a linked pair goes in one submission
    io_uring_sqe* socket = next();
    io_uring_prep_socket_direct(socket, AF_INET, SOCK_STREAM, IPPROTO_TCP, slot, 0);
    finish(socket, slot, Step::kConnect, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
    io_uring_sqe* sqe = next();
    io_uring_prep_connect(sqe, static_cast<int>(slot), reinterpret_cast<const sockaddr*>(&address),
                          sizeof address);
    finish(sqe, slot, Step::kConnect, IOSQE_FIXED_FILE);
  }
  void send(unsigned slot, std::span<const std::uint8_t> bytes) {
    io_uring_sqe* sqe = next();
    io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    finish(sqe, slot, Step::kSend, IOSQE_FIXED_FILE);
  }
  void receive(unsigned slot, std::span<std::uint8_t> into) {
    io_uring_sqe* sqe = next();
    io_uring_prep_recv(sqe, static_cast<int>(slot), into.data(), into.size(), 0);
    finish(sqe, slot, Step::kReceive, IOSQE_FIXED_FILE);
  }
  void close(unsigned slot) {
    io_uring_sqe* sqe = next();
    io_uring_prep_close_direct(sqe, slot);
    finish(sqe, slot, Step::kClose, 0);
  }

  // Submits, waits for one completion, and gives out all there are: on_end(slot, step, result).
  template <typename OnEnd>
  void wait(OnEnd on_end) {
    submitted(io_uring_submit_and_wait(&ring_, 1));
    io_uring_cqe* cqe = nullptr;
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++seen;
      on_end(static_cast<unsigned>(cqe->user_data >> 8), static_cast<Step>(cqe->user_data & 0xff),
             cqe->res);
    }
    io_uring_cq_advance(&ring_, seen);
  }

 private:
  static void check(int result, const std::string& what) {
    if (result < 0) fail(what + ": " + std::strerror(-result));
  }
  // Where the kernel is short of memory it takes nothing for the moment, and is asked again.
  static void submitted(int result) {
    if (result != -EINTR && result != -EAGAIN && result != -EBUSY) check(result, "io_uring_enter");
  }
  void reserve(unsigned count) {
    while (io_uring_sq_space_left(&ring_) < count) submitted(io_uring_submit(&ring_));
  }
  io_uring_sqe* next() {
    reserve(1);
    return io_uring_get_sqe(&ring_);
  }
  static void finish(io_uring_sqe* sqe, unsigned slot, Step step, unsigned flags) {
    io_uring_sqe_set_flags(sqe, flags);
    io_uring_sqe_set_data64(sqe, std::uint64_t{slot} << 8 | static_cast<std::uint8_t>(step));
  }

  io_uring ring_{};
};

}  // namespace tracer::bench
