#include "ssl/host_syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace tracer::ssl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

}  // namespace

bool is_preferred_host_name(std::string_view name) {
  if (name.size() > 253) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
    name.remove_prefix(dot + 1);
  }
}

bool is_preferred_certificate_name(std::string_view name) {
  if (!name.starts_with("*.")) return is_preferred_host_name(name);
  name.remove_prefix(2);
  return is_preferred_host_name(name) && name.find('.') != std::string_view::npos;
}

std::string address_text(Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == 4 ? AF_INET : AF_INET6;
  const bool known = address.size() == 4 || address.size() == 16;
  if (!known || inet_ntop(family, address.data(), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

}  // namespace tracer::ssl
