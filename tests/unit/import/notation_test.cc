#include "tools/tracer/import/notation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace tracer::import {
namespace {

TEST(NotationTest, Durations) {
  const std::pair<std::string_view, double> good[] = {{"500ms", 500},
                                                      {"10s", 10'000},
                                                      {"5m", 300'000},
                                                      {"1h", 3'600'000},
                                                      {"30d", 2'592'000'000},
                                                      {"10 seconds", 10'000},
                                                      {"1 minute", 60'000},
                                                      {"30 days", 2'592'000'000},
                                                      {"1h30m", 5'400'000},
                                                      {"1h 30m", 5'400'000},
                                                      {"1 H 30 Min", 5'400'000},
                                                      {"1.5s", 1500},
                                                      {"10", 10'000},
                                                      {"0", 0},
                                                      {"2.5", 2500},
                                                      {"1e1", 10'000},
                                                      {"0.5ms", 0.5},
                                                      {" 3s ", 3000},
                                                      {"1d2h3m4s5ms", 93'784'005}};
  for (const auto& [text, expected_ms] : good) {
    const auto value = parse_duration(text, kSecond);
    ASSERT_TRUE(value) << text;
    EXPECT_DOUBLE_EQ(*value, expected_ms) << text;
  }
  EXPECT_DOUBLE_EQ(*parse_duration("30", kDay), 30.0 * kDay);
  EXPECT_DOUBLE_EQ(*parse_duration("500", kMillisecond), 500);
}

TEST(NotationTest, NoDurations) {
  for (const std::string_view text :
       {"", " ", "s", "soon", "-5s", "-5", "+5s", "1x", "1s1h", "1s1s", "1h30", "1,5s", "inf",
        "nan", "1s x", "0x10", "1 s s", ".s", "1:30"}) {
    EXPECT_FALSE(parse_duration(text, kSecond)) << text;
  }
}

TEST(NotationTest, DurationsAsText) {
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(1), "1ms");
  EXPECT_EQ(duration_text(90'500), "1m30s500ms");
  EXPECT_EQ(duration_text(24 * kHour), "24h");
  EXPECT_EQ(duration_text(30 * kDay), "30d");
  EXPECT_EQ(duration_text(36 * kHour), "36h");
}

TEST(NotationTest, Escapes) {
  EXPECT_EQ(*unescape("plain"), "plain");
  EXPECT_EQ(*unescape(R"(\r\n\t\\\x41\xfF)"), "\r\n\t\\A\xFF");
  EXPECT_EQ(*unescape(R"(\01)"), std::string("\0"
                                             "1",
                                             2));
  EXPECT_EQ(*unescape(""), "");
  EXPECT_EQ(unescape(R"(a\q)").error(), R"(\q)");
  EXPECT_EQ(unescape(R"(\x4)").error(), R"(\x4)");
  EXPECT_EQ(unescape(R"(\xg0)").error(), R"(\xg0)");
  EXPECT_EQ(unescape("\\").error(), "\\");
  EXPECT_EQ(unescape("\\ü").error(), "\\");
  EXPECT_EQ(unescape("\\xü").error(), "\\x");
}

TEST(NotationTest, Hexadecimal) {
  EXPECT_EQ(*parse_hex("50494E47"), "PING");
  EXPECT_EQ(*parse_hex("50 49:4e 47"), "PING");
  EXPECT_EQ(*parse_hex(""), "");
  EXPECT_FALSE(parse_hex("5"));
  EXPECT_FALSE(parse_hex("5 0"));
  EXPECT_FALSE(parse_hex("0x50"));
  EXPECT_FALSE(parse_hex("5049f"));
}

TEST(NotationTest, Numbers) {
  EXPECT_EQ(parse_number("-1.5e3"), -1500);
  EXPECT_EQ(parse_number(".5"), 0.5);
  for (const std::string_view text : {"", "-", "inf", "-inf", "nan", "1x", "0x1", "1e999", "+1"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

}  // namespace
}  // namespace tracer::import
