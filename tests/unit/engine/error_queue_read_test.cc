#include "engine/error_queue_read.h"

#include <ctime>

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace tracer::engine {
namespace {

// What the kernel leaves in a message's control buffer.
void answer(ErrorQueueRead& read, int level, int type, int error) {
  msghdr* message = read.message();
  cmsghdr* header = CMSG_FIRSTHDR(message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof(sock_extended_err));
  sock_extended_err extended{};
  extended.ee_errno = static_cast<std::uint32_t>(error);
  std::memcpy(CMSG_DATA(header), &extended, sizeof extended);
  message->msg_controllen = CMSG_SPACE(sizeof(sock_extended_err));
}

TEST(ErrorQueueRead, TellsWhatTheIcmpMessageSaid) {
  ErrorQueueRead v4;
  answer(v4, SOL_IP, IP_RECVERR, ECONNREFUSED);
  EXPECT_EQ(v4.error(40), ECONNREFUSED);
  ErrorQueueRead v6;
  answer(v6, SOL_IPV6, IPV6_RECVERR, ENETUNREACH);
  EXPECT_EQ(v6.error(40), ENETUNREACH);
}

TEST(ErrorQueueRead, IsUnreachableWhereNothingWasSaid) {
  ErrorQueueRead empty;
  EXPECT_EQ(empty.error(-EAGAIN), EHOSTUNREACH);
  ErrorQueueRead other;
  answer(other, SOL_SOCKET, SO_TIMESTAMP, ECONNREFUSED);
  EXPECT_EQ(other.error(40), EHOSTUNREACH);
}

}  // namespace
}  // namespace tracer::engine
