// Reads why a connection attempt failed from a socket's error queue (recvmsg with MSG_ERRQUEUE),
// where the kernel puts what an ICMP message said. Holds the message's buffers; its owner keeps it
// until the read has completed. Any thread.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>

namespace tracer::engine {

class ErrorQueueRead {
 public:
  ErrorQueueRead();
  ErrorQueueRead(const ErrorQueueRead&) = delete;
  ErrorQueueRead& operator=(const ErrorQueueRead&) = delete;

  msghdr* message() { return &message_; }  // to receive into
  // The errno that the read has brought. `result` is what recvmsg returned; EHOSTUNREACH where the
  // queue says nothing.
  int error(std::int32_t result) const;

 private:
  msghdr message_{};
  iovec payload_{};
  std::array<std::uint8_t, 64> returned_packet_{};
  alignas(cmsghdr) std::array<char, 128> control_{};
};

}  // namespace tracer::engine
