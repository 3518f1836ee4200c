#include "engine/failure_from_errno.h"

#include <cerrno>

namespace tracer::engine {

FailureCode failure_from_connect(int error) {
  switch (error) {
    case ECONNREFUSED:
      return FailureCode::kConnectionRefused;
    case ETIMEDOUT:
      return FailureCode::kConnectionTimeout;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return FailureCode::kConnectionReset;
    case ENETUNREACH:
    case ENETDOWN:
    case EAFNOSUPPORT:  // an IPv6 target where the kernel has no IPv6
      return FailureCode::kNetworkUnreachable;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENONET:
    case EPROTO:
    case ENOPROTOOPT:
      return FailureCode::kHostUnreachable;
    case EPERM:  // a local firewall rule or a security module
    case EACCES:
      return FailureCode::kPolicyDenied;
    default:
      // EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL (no port or source address left),
      // EADDRINUSE, EAGAIN, EINVAL and whatever else the kernel says of us, not of the target.
      return FailureCode::kLocalResources;
  }
}

FailureCode failure_from_transfer(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return FailureCode::kConnectionReset;
    case ETIMEDOUT:
      return FailureCode::kConnectionTimeout;
    case ENETUNREACH:
    case ENETDOWN:
      return FailureCode::kNetworkUnreachable;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ECONNREFUSED:  // an ICMP error that arrived late
      return FailureCode::kHostUnreachable;
    case EPERM:
    case EACCES:
      return FailureCode::kPolicyDenied;
    default:
      return FailureCode::kLocalResources;
  }
}

}  // namespace tracer::engine
