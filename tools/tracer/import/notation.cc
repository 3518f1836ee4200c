#include "tools/tracer/import/notation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace tracer::import {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t length_ms;
};

constexpr std::array kUnits{
    Unit{"ms", kMillisecond},
    Unit{"millisecond", kMillisecond},
    Unit{"milliseconds", kMillisecond},
    Unit{"s", kSecond},
    Unit{"sec", kSecond},
    Unit{"secs", kSecond},
    Unit{"second", kSecond},
    Unit{"seconds", kSecond},
    Unit{"m", kMinute},
    Unit{"min", kMinute},
    Unit{"mins", kMinute},
    Unit{"minute", kMinute},
    Unit{"minutes", kMinute},
    Unit{"h", kHour},
    Unit{"hour", kHour},
    Unit{"hours", kHour},
    Unit{"d", kDay},
    Unit{"day", kDay},
    Unit{"days", kDay},
};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes the letters at the start of `text` as a unit.
std::optional<std::int64_t> take_unit(std::string_view& text) {
  std::string name;
  while (!text.empty() && is_letter(text.front())) {
    name.push_back(static_cast<char>(text.front() | 0x20));
    text.remove_prefix(1);
  }
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return unit.length_ms;
  }
  return std::nullopt;
}

int hex_digit(char letter) {
  if (is_digit(letter)) return letter - '0';
  const char lower = static_cast<char>(letter | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<char> hex_byte(std::string_view digits) {
  if (digits.size() < 2) return std::nullopt;
  const int high = hex_digit(digits[0]);
  const int low = hex_digit(digits[1]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high << 4 | low);
}

// The escape that `text` starts with, as far as it can be shown.
std::string escape_at(std::string_view text) {
  const std::size_t wanted = text.size() > 1 && text[1] == 'x' ? 4 : 2;
  std::size_t length = 1;
  while (length < std::min(wanted, text.size()) && text[length] > ' ' && text[length] <= '~') {
    ++length;
  }
  return std::string(text.substr(0, length));
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  const std::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_duration(std::string_view text, std::int64_t bare_unit_ms) {
  text = trimmed(text);
  if (const auto bare = parse_number(text)) {
    return *bare < 0 ? std::nullopt : std::optional(*bare * static_cast<double>(bare_unit_ms));
  }
  if (text.empty()) return std::nullopt;
  double total_ms = 0;
  std::int64_t last_unit_ms = std::numeric_limits<std::int64_t>::max();
  while (!text.empty()) {
    if (!is_digit(text.front())) return std::nullopt;
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc{}) return std::nullopt;
    text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
    const auto unit_ms = take_unit(text);
    if (!unit_ms || *unit_ms >= last_unit_ms) return std::nullopt;
    last_unit_ms = *unit_ms;
    total_ms += value * static_cast<double>(*unit_ms);
    text = trimmed(text);
  }
  return total_ms;
}

std::string duration_text(std::int64_t duration_ms) {
  if (duration_ms == 0) return "0s";
  if (duration_ms % kDay == 0 && duration_ms > kDay)
    return std::to_string(duration_ms / kDay) + "d";
  struct Part {
    std::int64_t length_ms;
    std::string_view name;
  };
  constexpr std::array kParts{Part{kHour, "h"}, Part{kMinute, "m"}, Part{kSecond, "s"},
                              Part{kMillisecond, "ms"}};
  std::string text;
  for (const Part& part : kParts) {
    const std::int64_t count = duration_ms / part.length_ms;
    if (count != 0) text.append(std::to_string(count)).append(part.name);
    duration_ms %= part.length_ms;
  }
  return text;
}

tl::expected<std::string, std::string> unescape(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    if (text.front() != '\\') {
      const std::size_t plain = std::min(text.find('\\'), text.size());
      bytes.append(text.substr(0, plain));
      text.remove_prefix(plain);
      continue;
    }
    const char name = text.size() > 1 ? text[1] : '\0';
    std::size_t length = 2;
    if (name == 'r') {
      bytes.push_back('\r');
    } else if (name == 'n') {
      bytes.push_back('\n');
    } else if (name == 't') {
      bytes.push_back('\t');
    } else if (name == '0') {
      bytes.push_back('\0');
    } else if (name == '\\') {
      bytes.push_back('\\');
    } else if (const auto byte = name == 'x' ? hex_byte(text.substr(2)) : std::nullopt) {
      bytes.push_back(*byte);
      length = 4;
    } else {
      return tl::make_unexpected(escape_at(text));
    }
    text.remove_prefix(length);
  }
  return bytes;
}

std::optional<std::string> parse_hex(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == ':') {
      text.remove_prefix(1);
      continue;
    }
    const auto byte = hex_byte(text);
    if (!byte) return std::nullopt;
    bytes.push_back(*byte);
    text.remove_prefix(2);
  }
  return bytes;
}

}  // namespace tracer::import
