#include "tools/tracer/sinks/timestamp.h"

#include <chrono>

namespace tracer::cli {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFirstMs = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr std::int64_t kLastMs = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

void put(char* end, unsigned value, int digits) {
  for (; digits > 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
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
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
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

}  // namespace tracer::cli
