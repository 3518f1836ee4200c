#include "engine/error_queue_read.h"

#include <ctime>  // linux/errqueue.h uses timespec without naming it

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace tracer::engine {

ErrorQueueRead::ErrorQueueRead() {
  payload_ = {returned_packet_.data(), returned_packet_.size()};
  message_.msg_iov = &payload_;
  message_.msg_iovlen = 1;
  message_.msg_control = control_.data();
  message_.msg_controllen = control_.size();
}

int ErrorQueueRead::error(std::int32_t result) const {
  if (result < 0) return EHOSTUNREACH;
  // CMSG_NXTHDR wants a header that it might change; it does not.
  auto* message = const_cast<msghdr*>(&message_);  // NOLINT
  for (const cmsghdr* header = CMSG_FIRSTHDR(message); header != nullptr;
       header = CMSG_NXTHDR(message, const_cast<cmsghdr*>(header))) {  // NOLINT
    const bool told = (header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR) ||
                      (header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_RECVERR);
    if (!told || header->cmsg_len < CMSG_LEN(sizeof(sock_extended_err))) continue;
    sock_extended_err extended{};
    std::memcpy(&extended, CMSG_DATA(header), sizeof extended);
    if (extended.ee_errno != 0) return static_cast<int>(extended.ee_errno);
  }
  return EHOSTUNREACH;
}

}  // namespace tracer::engine
