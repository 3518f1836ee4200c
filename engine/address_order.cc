#include "engine/address_order.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace tracer::engine {
namespace {

struct PolicyRow {
  std::string_view prefix;
  int precedence;
  int label;
};

// RFC 6724, section 2.1.
constexpr PolicyRow kPolicyTable[] = {
    {"::1/128", 50, 0},   {"::ffff:0:0/96", 35, 4}, {"2002::/16", 30, 2},
    {"2001::/32", 5, 5},  {"fc00::/7", 3, 13},      {"::/96", 1, 3},
    {"fec0::/10", 1, 11}, {"3ffe::/16", 1, 12},     {"::/0", 40, 1},
};

struct Policy {
  int precedence;
  int label;
};

Policy policy_of(const IpAddress& address) {
  if (address.family == 4) return {35, 4};  // the row of ::ffff:0:0/96
  for (const PolicyRow& row : kPolicyTable) {
    const auto network = Network::parse(row.prefix);
    if (network && network->contains(address)) return {row.precedence, row.label};
  }
  return {40, 1};
}

constexpr int kScopeLinkLocal = 2;
constexpr int kScopeSiteLocal = 5;
constexpr int kScopeGlobal = 14;

int scope_of(const IpAddress& address) {
  const auto& bytes = address.bytes;
  if (address.family == 4) {
    const bool link_local = bytes[0] == 127 || (bytes[0] == 169 && bytes[1] == 254);
    return link_local ? kScopeLinkLocal : kScopeGlobal;
  }
  if (bytes[0] == 0xff) return bytes[1] & 0x0f;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return kScopeLinkLocal;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0) return kScopeSiteLocal;
  const bool loopback =
      std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; }) &&
      bytes.back() == 1;
  return loopback ? kScopeLinkLocal : kScopeGlobal;
}

struct Candidate {
  IpAddress address;
  bool reachable;
  bool scope_matches;
  bool label_matches;
  int precedence;
  int scope;
};

Candidate make_candidate(const IpAddress& address, const SourceFinder& source_of) {
  const auto source = source_of(address);
  const Policy policy = policy_of(address);
  const int scope = scope_of(address);
  return {.address = address,
          .reachable = source.has_value(),
          .scope_matches = source && scope_of(*source) == scope,
          .label_matches = source && policy_of(*source).label == policy.label,
          .precedence = policy.precedence,
          .scope = scope};
}

bool preferred(const Candidate& left, const Candidate& right) {
  if (left.reachable != right.reachable) return left.reachable;                        // rule 1
  if (left.scope_matches != right.scope_matches) return left.scope_matches;            // rule 2
  if (left.label_matches != right.label_matches) return left.label_matches;            // rule 5
  if (left.precedence != right.precedence) return left.precedence > right.precedence;  // rule 6
  return left.scope < right.scope;                                                     // rule 8
}

}  // namespace

std::optional<IpAddress> kernel_source(const IpAddress& destination) {
  const int family = destination.family == 4 ? AF_INET : AF_INET6;
  const int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  sockaddr_storage storage{};
  // Any port will do: nothing is sent.
  socklen_t length = Endpoint{destination, 9}.to_sockaddr(storage);
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  std::optional<IpAddress> source;
  if (connect(descriptor, generic, length) == 0) {
    length = sizeof storage;
    if (getsockname(descriptor, generic, &length) == 0) {
      source.emplace();
      source->family = destination.family;
      if (destination.family == 4) {
        const auto& in4 = reinterpret_cast<const sockaddr_in&>(storage);
        std::memcpy(source->bytes.data(), &in4.sin_addr, sizeof in4.sin_addr);
      } else {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
        std::memcpy(source->bytes.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
      }
    }
  }
  close(descriptor);
  return source;
}

void order_addresses(std::vector<IpAddress>& addresses, const SourceFinder& source_of) {
  if (addresses.size() < 2) return;
  std::vector<Candidate> candidates;
  candidates.reserve(addresses.size());
  for (const IpAddress& address : addresses) {
    candidates.push_back(make_candidate(address, source_of));
  }
  std::stable_sort(candidates.begin(), candidates.end(), preferred);
  std::transform(candidates.begin(), candidates.end(), addresses.begin(),
                 [](const Candidate& candidate) { return candidate.address; });
}

}  // namespace tracer::engine
