#include "engine/dns_name.h"

namespace tracer::engine {
namespace {

constexpr std::size_t kMaxLabelBytes = 63;

}  // namespace

DnsName::DnsName(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > limits::kMaxHostBytes) return;
  std::size_t label = 0;
  for (const char character : host) {
    const bool dot = character == '.';
    const auto code = static_cast<unsigned char>(character);
    // A backslash would begin an escape in the notation of c-ares.
    if (code <= ' ' || code == 0x7f || character == '\\' || (dot && label == 0)) return;
    label = dot ? 0 : label + 1;
    if (label > kMaxLabelBytes) return;
    const bool upper = character >= 'A' && character <= 'Z';
    bytes_[size_++] = upper ? static_cast<char>(character + ('a' - 'A')) : character;
  }
  valid_ = label > 0;
}

std::string_view DnsName::key(IpFamily family) {
  bytes_[size_] = '/';
  bytes_[size_ + 1] = static_cast<char>('0' + static_cast<int>(family));
  return {bytes_.data(), size_ + kKeySuffixBytes};
}

}  // namespace tracer::engine
