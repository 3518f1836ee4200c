#include "engine/utf8.h"

#include <gtest/gtest.h>

#include <string_view>

namespace tracer::engine {
namespace {

TEST(Utf8Test, WellFormedSequences) {
  for (const std::string_view text : {"a", "ü", "€", "😀", "\x7F", "\xC2\x80", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(utf8_sequence_length(text), text.size()) << text;
    EXPECT_EQ(utf8_valid_prefix(text), text.size()) << text;
  }
}

TEST(Utf8Test, MalformedSequences) {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_sequence_length(text), 0U);
  }
  EXPECT_EQ(utf8_sequence_length(""), 0U);
  EXPECT_EQ(utf8_valid_prefix("ab\xFFzz"), 2U);
  EXPECT_EQ(utf8_valid_prefix(""), 0U);
}

}  // namespace
}  // namespace tracer::engine
