// IPv4 and IPv6 addresses and networks as values. Any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr_storage;

namespace tracer::engine {

struct IpAddress {
  std::uint8_t family = 0;               // 4, 6, or 0 when there is none
  std::array<std::uint8_t, 16> bytes{};  // network order; the first 4 of them for IPv4

  // Accepts dotted IPv4 and RFC 4291 IPv6 text, the latter with or without brackets; no zone.
  static std::optional<IpAddress> parse(std::string_view text);
  std::string to_string() const;  // RFC 5952; empty without an address
  auto operator<=>(const IpAddress&) const = default;
};

// A CIDR block such as 10.0.0.0/8 or 2001:db8::/32; a bare address is a block of one.
struct Network {
  IpAddress address;  // the bits after the prefix are zero
  std::uint8_t prefix_length = 0;

  static std::optional<Network> parse(std::string_view text);
  // An IPv4-mapped IPv6 address is also in the blocks of the IPv4 address that it reaches.
  bool contains(const IpAddress& candidate) const;
  std::string to_string() const;
  auto operator<=>(const Network&) const = default;
};

// An address with a port: where a probe connects to.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // Fills `out` and returns the length of the sockaddr.
  unsigned to_sockaddr(sockaddr_storage& out) const;
  std::string to_string() const;  // "127.0.0.1:80", "[::1]:443"
};

}  // namespace tracer::engine
