#include "engine/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tracer::engine {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// Clears all but the first `prefix_length` bits.
void mask(IpAddress& address, unsigned prefix_length) {
  for (unsigned at = 0; at < address.bytes.size(); ++at) {
    const unsigned first_bit = at * 8;
    if (first_bit >= prefix_length) {
      address.bytes[at] = 0;
    } else if (prefix_length - first_bit < 8) {
      address.bytes[at] &= static_cast<std::uint8_t>(0xFFU << (8 - (prefix_length - first_bit)));
    }
  }
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  bool brackets = false;
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    brackets = true;
  }
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof terminated) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) return std::nullopt;
    address.family = 6;
    return address;
  }
  if (brackets || inet_pton(AF_INET, terminated, address.bytes.data()) != 1) return std::nullopt;
  address.family = 4;
  return address;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  if (family == 0) return {};
  if (inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text) == nullptr) {
    return {};
  }
  return text;
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned bits = address->family == 4 ? 32 : 128;
  unsigned length = bits;
  if (slash != std::string_view::npos) {
    const char* first = text.data() + slash + 1;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(first, last, length);
    if (error != std::errc{} || end != last || length > bits) return std::nullopt;
  }
  Network network{*address, static_cast<std::uint8_t>(length)};
  mask(network.address, length);
  return network;
}

bool Network::contains(const IpAddress& candidate) const {
  IpAddress compared = candidate;
  if (address.family == 4 && candidate.family == 6 &&
      std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), candidate.bytes.begin())) {
    compared = {};
    compared.family = 4;
    std::copy_n(candidate.bytes.begin() + kMappedPrefix.size(), 4, compared.bytes.begin());
  }
  if (compared.family != address.family || address.family == 0) return false;
  mask(compared, prefix_length);
  return compared == address;
}

std::string Network::to_string() const {
  if (address.family == 0) return {};
  return address.to_string() + "/" + std::to_string(prefix_length);
}

unsigned Endpoint::to_sockaddr(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof out);
  if (address.family == 6) {
    sockaddr_in6 value{};
    value.sin6_family = AF_INET6;
    value.sin6_port = htons(port);
    std::memcpy(&value.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&out, &value, sizeof value);
    return sizeof value;
  }
  sockaddr_in value{};
  value.sin_family = AF_INET;
  value.sin_port = htons(port);
  std::memcpy(&value.sin_addr, address.bytes.data(), 4);
  std::memcpy(&out, &value, sizeof value);
  return sizeof value;
}

std::string Endpoint::to_string() const {
  const std::string host =
      address.family == 6 ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(port);
}

}  // namespace tracer::engine
