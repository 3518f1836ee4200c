#include "tools/tracer/import/source_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tracer::import {
namespace {

TEST(SourceTextTest, IsFollowedByZeros) {
  const SourceText text = SourceText::copy("abc");
  EXPECT_EQ(text.view(), "abc");
  for (std::size_t at = 0; at < SourceText::kPadding; ++at) {
    EXPECT_EQ(text.view().data()[3 + at], '\0');
  }
}

TEST(SourceTextTest, ContentLeavesTheByteOrderMarkOut) {
  EXPECT_EQ(SourceText::copy("\xEF\xBB\xBF{}").content(), "{}");
  EXPECT_EQ(SourceText::copy("{}").content(), "{}");
  EXPECT_EQ(SourceText::copy("").content(), "");
}

void expect_at(const OffsetLocator& locator, std::size_t offset, std::size_t line,
               std::size_t column) {
  EXPECT_EQ(locator.locate(offset).line, line) << offset;
  EXPECT_EQ(locator.locate(offset).column, column) << offset;
}

TEST(OffsetLocatorTest, CountsLinesAndCharacters) {
  const std::string_view text = "ab\n\nüx\r\nz";
  OffsetLocator locator(text);
  for (int round = 0; round < 3; ++round) {
    expect_at(locator, 0, 1, 1);
    expect_at(locator, 2, 1, 3);
    expect_at(locator, 3, 2, 1);
    expect_at(locator, 4, 3, 1);
    expect_at(locator, 6, 3, 2);
    expect_at(locator, 9, 4, 1);
    expect_at(locator, 99, 4, 2);
    locator.advance(round == 0 ? 4 : 9);  // the answers do not depend on the anchor
  }
}

}  // namespace
}  // namespace tracer::import
