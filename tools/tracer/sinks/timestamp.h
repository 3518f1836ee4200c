// Unix times as the text of RFC 3339 in UTC and back, without the C library's locks or the time
// zone. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tracer::cli {

struct Timestamp {
  std::array<char, 24> text{};
  std::size_t length = 0;  // 0 outside the years 0000 to 9999, which RFC 3339 cannot say

  std::string_view with_milliseconds() const { return {text.data(), length}; }
  std::string_view date() const { return with_milliseconds().substr(0, length == 0 ? 0 : 10); }
};

Timestamp timestamp(std::int64_t unix_ms);

// Reads what with_milliseconds() writes, and no other form of RFC 3339.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// Any form of RFC 3339: "2026-01-31T23:59:59Z", with a fraction, with an offset such as "+02:00".
// Unix time in whole seconds; a fraction is cut off.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace tracer::cli
