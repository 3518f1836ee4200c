#include "tools/tracer/sinks/timestamp.h"

#include <gtest/gtest.h>

#include <string>

namespace tracer::cli {
namespace {

TEST(TimestampTest, IsReadBackAsItWasWritten) {
  for (const std::int64_t unix_ms :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'767'323'045'678},
        std::int64_t{-62'167'219'200'000}, std::int64_t{253'402'300'799'999},
        std::int64_t{1'709'164'800'000}}) {  // 29 February 2024
    EXPECT_EQ(parse_timestamp(timestamp(unix_ms).with_milliseconds()), unix_ms);
  }
  EXPECT_EQ(parse_timestamp("2026-01-02T03:04:05.678Z"), 1'767'323'045'678);
}

TEST(TimestampTest, NothingElseIsATime) {
  for (const std::string text :
       {"", "2026-01-02T03:04:05.678", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05.678Z",
        "2026-02-29T03:04:05.678Z", "2026-13-01T03:04:05.678Z", "2026-00-01T03:04:05.678Z",
        "2026-01-00T03:04:05.678Z", "2026-01-02T24:00:00.000Z", "2026-01-02T03:60:05.678Z",
        "2026-01-02T03:04:60.678Z", "2026-01-02T03:04:0/.678Z", "2026-01-02T03:04:05.678z",
        "+026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.6789Z"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(TimestampTest, ReadsEveryFormOfRfc3339) {
  constexpr std::int64_t kTime = 1'767'323'045;  // 2026-01-02T03:04:05Z
  for (const std::string text :
       {"2026-01-02T03:04:05Z", "2026-01-02t03:04:05z", "2026-01-02 03:04:05Z",
        "2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05.0+00:00",
        "2026-01-02T05:34:05+02:30", "2026-01-01T22:04:05-05:00"}) {
    EXPECT_EQ(parse_rfc3339(text), kTime) << text;
  }
  for (const std::string text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.5",
        "2026-01-02T03:04:05+2:30", "2026-01-02T03:04:05+0230", "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+02:60", "2026-01-02T03:04:05Zx", "2026-02-30T03:04:05Z",
        "2026-01-02T03:04:05 Z", "1767323045"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace tracer::cli
