#include "tools/tracer/sinks/timestamp.h"

#include <chrono>
#include <string>

namespace tracer::cli {
namespace {

constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFirstMs = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr std::int64_t kLastMs = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

void put(char* end, unsigned value, int digits) {
  for (; digits > 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// The number that is written in `digits`; REQUIRES: they are digits.
unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char digit : digits) value = value * 10 + static_cast<unsigned>(digit - '0');
  return value;
}

}  // namespace

Timestamp timestamp(std::int64_t unix_ms) {
  Timestamp result;
  if (unix_ms < kFirstMs || unix_ms > kLastMs) return result;
  std::int64_t day = unix_ms / kDayMs;
  if (unix_ms % kDayMs < 0) --day;
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  auto rest = static_cast<unsigned>(unix_ms - day * kDayMs);
  static_assert(kForm.size() == std::tuple_size_v<decltype(result.text)>);
  kForm.copy(result.text.data(), kForm.size());
  char* const text = result.text.data();
  put(text + 4, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put(text + 7, static_cast<unsigned>(date.month()), 2);
  put(text + 10, static_cast<unsigned>(date.day()), 2);
  put(text + 23, rest % 1000, 3);
  rest /= 1000;
  put(text + 19, rest % 60, 2);
  put(text + 16, rest / 60 % 60, 2);
  put(text + 13, rest / 3600, 2);
  result.length = kForm.size();
  return result;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (kForm[at] == '0' ? !digit : text[at] != kForm[at]) return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(number(text.substr(0, 4)))),
      std::chrono::month(number(text.substr(5, 2))), std::chrono::day(number(text.substr(8, 2)))};
  const unsigned hour = number(text.substr(11, 2));
  const unsigned minute = number(text.substr(14, 2));
  const unsigned second = number(text.substr(17, 2));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t day = std::chrono::sys_days(date).time_since_epoch().count();
  const unsigned of_day = (hour * 60 + minute) * 60 + second;
  return day * kDayMs + std::int64_t{of_day} * 1000 + number(text.substr(20, 3));
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;
  constexpr std::string_view kDigits = "0123456789";
  if (text.size() <= kSecondsEnd) return std::nullopt;
  std::string whole(text.substr(0, kSecondsEnd));
  whole[10] = whole[10] == 't' || whole[10] == ' ' ? 'T' : whole[10];
  const auto local_ms = parse_timestamp(whole + ".000Z");
  std::string_view rest = text.substr(kSecondsEnd);
  if (rest.front() == '.') {
    const std::size_t end = rest.find_first_not_of(kDigits, 1);
    if (end == 1 || end == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end);
  }
  if (!local_ms) return std::nullopt;
  if (rest == "Z" || rest == "z") return *local_ms / 1000;
  const bool form = rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' &&
                    rest.find_first_not_of(kDigits, 1) == 3 &&
                    rest.find_first_not_of(kDigits, 4) == std::string_view::npos;
  if (!form) return std::nullopt;
  const unsigned hours = number(rest.substr(1, 2));
  const unsigned minutes = number(rest.substr(4, 2));
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int64_t offset_s = std::int64_t{hours} * 3600 + std::int64_t{minutes} * 60;
  return *local_ms / 1000 - (rest[0] == '+' ? offset_s : -offset_s);
}

}  // namespace tracer::cli
