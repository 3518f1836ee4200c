// Unix times as the text of RFC 3339 in UTC, without the C library's locks or the time zone. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tracer::cli {

struct Timestamp {
  std::array<char, 24> text{};
  std::size_t length = 0;  // 0 outside the years 0000 to 9999, which RFC 3339 cannot say

  std::string_view with_milliseconds() const { return {text.data(), length}; }
  std::string_view date() const { return with_milliseconds().substr(0, length == 0 ? 0 : 10); }
};

Timestamp timestamp(std::int64_t unix_ms);

}  // namespace tracer::cli
