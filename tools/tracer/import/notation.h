// The small notations inside a document's strings: durations, bytes with escapes, bytes in
// hexadecimal. Pure; they know nothing of keys and places.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tracer::import {

inline constexpr std::int64_t kMillisecond = 1;
inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;

// "500ms", "10s", "1h30m", "10 seconds", "1.5 h", or a bare number of `bare_unit_ms`; the parts
// from the greatest unit to the least. Milliseconds, possibly with a fraction.
std::optional<double> parse_duration(std::string_view text, std::int64_t bare_unit_ms);
// As people write it: "500ms", "10s", "1h30m", "30d"; 24 h stay "24h".
std::string duration_text(std::int64_t duration_ms);

// A JSON or YAML number, whole; no sign but '-', no infinities.
std::optional<double> parse_number(std::string_view text);

// Resolves \r \n \t \0 \\ and \xNN. The error is the offending escape, such as "\q".
tl::expected<std::string, std::string> unescape(std::string_view text);
// Two digits a byte; spaces and colons may stand between bytes.
std::optional<std::string> parse_hex(std::string_view text);

}  // namespace tracer::import
