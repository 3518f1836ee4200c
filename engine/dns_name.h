// A host in the form in which DNS names are compared: lower-case, without the trailing dot, within
// the bounds of RFC 1035. A value that needs no heap; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "engine/limits.h"
#include "engine/monitor.h"

namespace tracer::engine {

class DnsName {
 public:
  explicit DnsName(std::string_view host);
  bool valid() const { return valid_; }  // else nothing below holds
  std::string_view text() const { return {bytes_.data(), size_}; }

  // Of the name in one family, for maps. The suffix is of fixed size, so that no two keys collide.
  // Valid as long as the name.
  std::string_view key(IpFamily family);
  static std::string_view of_key(std::string_view key) {
    return key.substr(0, key.size() - kKeySuffixBytes);
  }

 private:
  static constexpr std::size_t kKeySuffixBytes = 2;
  std::array<char, limits::kMaxHostBytes + kKeySuffixBytes> bytes_;
  std::size_t size_ = 0;
  bool valid_ = false;
};

}  // namespace tracer::engine
