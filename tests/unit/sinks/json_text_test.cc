#include "tools/tracer/sinks/json_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "tools/tracer/sinks/timestamp.h"
#include "tools/tracer/sinks/utf8.h"

namespace tracer::cli {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string milliseconds(std::int64_t duration_ns) {
  std::string out;
  append_json_milliseconds(out, duration_ns);
  return out;
}

std::string time_text(std::int64_t unix_ms) {
  std::string out;
  append_json_time(out, unix_ms);
  return out;
}

TEST(JsonText, StringsAreEscapedWhereTheyMustBe) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("plain text"), R"("plain text")");
  EXPECT_EQ(json_string("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_string("+PONG\r\n\t"), R"("+PONG\r\n\t")");
  EXPECT_EQ(json_string(std::string("\0\x1b[31m\x7f", 7)), R"("\u0000\u001b[31m\u007f")");
  EXPECT_EQ(json_string("\u00e9 \u20ac \U0001F512"), "\"\u00e9 \u20ac \U0001F512\"");
}

TEST(JsonText, BytesThatAreNotUtf8BecomeLatin1Escapes) {
  EXPECT_EQ(json_string("caf\xe9!"), R"("caf\u00e9!")");
  EXPECT_EQ(json_string("\xff\xfe"), R"("\u00ff\u00fe")");
  EXPECT_EQ(json_string("cut \xe2\x82"), R"("cut \u00e2\u0082")");
  EXPECT_EQ(json_string("\xc0\xaf"), R"("\u00c0\u00af")");            // overlong
  EXPECT_EQ(json_string("\xed\xa0\x80"), R"("\u00ed\u00a0\u0080")");  // surrogate
  EXPECT_EQ(json_string("\xf4\x90\x80\x80"), R"("\u00f4\u0090\u0080\u0080")");
  EXPECT_EQ(json_string("\xc2\x9b"
                        "31m"),
            R"("\u009b31m")");  // C1: a terminal's CSI
}

TEST(JsonText, MillisecondsAreShort) {
  EXPECT_EQ(milliseconds(0), "0");
  EXPECT_EQ(milliseconds(499), "0");
  EXPECT_EQ(milliseconds(500), "0.001");
  EXPECT_EQ(milliseconds(100'000), "0.1");
  EXPECT_EQ(milliseconds(1'234'567), "1.235");
  EXPECT_EQ(milliseconds(1'050'000), "1.05");
  EXPECT_EQ(milliseconds(12'000'000), "12");
  EXPECT_EQ(milliseconds(999'999'999), "1000");
  EXPECT_EQ(milliseconds(300'000'000'000), "300000");
}

TEST(JsonText, TimesAreRfc3339) {
  EXPECT_EQ(time_text(0), R"("1970-01-01T00:00:00.000Z")");
  EXPECT_EQ(time_text(1'767'323'045'678), R"("2026-01-02T03:04:05.678Z")");
  EXPECT_EQ(time_text(951'782'399'999), R"("2000-02-28T23:59:59.999Z")");
  EXPECT_EQ(time_text(951'782'400'000), R"("2000-02-29T00:00:00.000Z")");
  EXPECT_EQ(time_text(-1), R"("1969-12-31T23:59:59.999Z")");
  EXPECT_EQ(time_text(-62'167'219'200'000), R"("0000-01-01T00:00:00.000Z")");
  EXPECT_EQ(time_text(253'402'300'799'999), R"("9999-12-31T23:59:59.999Z")");
  EXPECT_EQ(time_text(253'402'300'800'000), "null");
  EXPECT_EQ(time_text(-62'167'219'200'001), "null");
  EXPECT_EQ(timestamp(0).date(), "1970-01-01");
  EXPECT_EQ(timestamp(std::numeric_limits<std::int64_t>::max()).date(), "");
}

TEST(JsonText, ObjectsPlaceTheirCommas) {
  std::string out;
  JsonObject object(out);
  object.text("a", "x");
  object.null("b");
  object.integer("c", -7);
  object.boolean("d", true);
  object.text_or_null("e", "");
  object.close();
  EXPECT_EQ(out, R"({"a":"x","b":null,"c":-7,"d":true,"e":null})");
}

TEST(Utf8, EveryCodePointIsReadBack) {
  for (char32_t code = 0; code <= 0x10FFFF; code += code < 0x900 ? 1 : 97) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0 | (code >> 6));
      add(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      add(0xE0 | (code >> 12));
      add(0x80 | ((code >> 6) & 0x3F));
      add(0x80 | (code & 0x3F));
    } else {
      add(0xF0 | (code >> 18));
      add(0x80 | ((code >> 12) & 0x3F));
      add(0x80 | ((code >> 6) & 0x3F));
      add(0x80 | (code & 0x3F));
    }
    const Character character = first_character(text + "tail");
    ASSERT_TRUE(character.valid);
    ASSERT_EQ(character.code, code);
    ASSERT_EQ(character.length, text.size());
    if (text.size() > 1) {
      ASSERT_FALSE(first_character(text.substr(0, text.size() - 1)).valid);
    }
  }
}

}  // namespace
}  // namespace tracer::cli
