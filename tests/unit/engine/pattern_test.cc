#include "engine/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace tracer::engine {
namespace {

bool matches(std::string_view expression, std::string_view bytes) {
  const auto pattern = Pattern::compile(expression);
  EXPECT_TRUE(pattern.has_value()) << expression;
  return pattern && (*pattern)->matches(bytes);
}

TEST(PatternTest, IsUnanchored) {
  EXPECT_TRUE(matches("PO.G", "+PONG\r\n"));
  EXPECT_FALSE(matches("^PONG", "+PONG\r\n"));
  EXPECT_TRUE(matches("", ""));
}

TEST(PatternTest, KeepsItsText) { EXPECT_EQ((*Pattern::compile("^220[ -]"))->text(), "^220[ -]"); }

TEST(PatternTest, CharactersAreWholeInUtf8) {
  EXPECT_TRUE(matches("^.$", "ü"));
  EXPECT_TRUE(matches("ü+", "xüüx"));
}

TEST(PatternTest, OtherBytesAreTakenOneByOne) {
  EXPECT_TRUE(matches("^.\\x00OK", std::string_view("\xFF\0OK", 4)));
  EXPECT_TRUE(matches("\\xff\\xfe", "\xFF\xFE"));
  // Alpha is not in Latin-1: such a pattern matches no such bytes, and does not fail either.
  EXPECT_FALSE(matches("\\x{3b1}", "\xFF\xFE"));
}

TEST(PatternTest, ErrorsSayWhatIsWrong) {
  const auto open = Pattern::compile("(a");
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error(), "missing ): (a");
  EXPECT_FALSE(Pattern::compile("*"));
  EXPECT_FALSE(Pattern::compile("a{1001}"));
  EXPECT_FALSE(Pattern::compile("\\1"));
}

}  // namespace
}  // namespace tracer::engine
