// name_matches() of ssl/trust.h: the one place that decides whether a certificate is for a name.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/trust.h"

namespace tracer::ssl {
namespace {

struct Address {
  int family = 0;
  std::array<unsigned char, 16> octets{};
  bool operator==(const Address&) const = default;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string terminated(text);
  if (text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  for (const int family : {AF_INET, AF_INET6}) {
    Address address{family, {}};
    if (inet_pton(family, terminated.c_str(), address.octets.data()) == 1) return address;
  }
  return std::nullopt;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// Letters, digits, hyphens and (as names in use have them) underscores, in labels of 1 to 63.
// Anything else, such as an embedded NUL, has no business in a name that is to match.
bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const char l = lower(c);
    const bool allowed = (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '-' || l == '_';
    if (!allowed || ++label > 63) return false;
  }
  return label > 0;
}

bool dns_matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) {
    return is_dns_name(pattern) && equal_ignoring_case(pattern, name);
  }
  const std::string_view parent = pattern.substr(2);
  // "*.com" would speak for everyone under a top-level domain.
  if (!is_dns_name(parent) || parent.find('.') == std::string_view::npos) return false;
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && equal_ignoring_case(parent, name.substr(dot + 1));
}

}  // namespace

bool name_matches(const std::vector<std::string>& sans, std::string_view name) {
  constexpr std::string_view kDns = "DNS:";
  constexpr std::string_view kIp = "IP:";
  // The zone of "fe80::1%eth0" says which link, not which address.
  if (const auto wanted = parse_address(name.substr(0, name.find('%')))) {
    return std::any_of(sans.begin(), sans.end(), [&](std::string_view san) {
      return san.starts_with(kIp) && parse_address(san.substr(kIp.size())) == wanted;
    });
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!is_dns_name(name)) return false;
  return std::any_of(sans.begin(), sans.end(), [&](std::string_view san) {
    return san.starts_with(kDns) && dns_matches(san.substr(kDns.size()), name);
  });
}

}  // namespace tracer::ssl
