#include "tools/tracer/sinks/terminal_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {
namespace {

TEST(TerminalText, PrintableTextStaysAsItIs) {
  for (const char* text : {"", "plain", "caf\u00e9 \u65e5\u672c\u8a9e \U0001F512", "a\\b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(TerminalText, WhatWouldSteerATerminalIsSpelledOut) {
  EXPECT_EQ(printable("a\r\n\tb"), "a\\r\\n\\tb");
  EXPECT_EQ(printable("\x1b[2J\x1b]0;title\x07"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\u009b2J"), "\\x9b2J");              // CSI as one character
  EXPECT_EQ(printable("\u202egnp.exe"), "\\u202egnp.exe");  // right-to-left override
  EXPECT_EQ(printable("a\u200bb"), "a\\u200bb");
  EXPECT_EQ(printable("\xff\xc0\x9b"), "\\xff\\xc0\\x9b");
  EXPECT_EQ(printable(std::string("\0", 1)), "\\x00");
}

TEST(TerminalText, NoBytesLeaveAControlCharacter) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    for (const char letter : printable(bytes)) {
      const auto byte = static_cast<unsigned char>(letter);
      ASSERT_TRUE(byte >= 0x20 && byte != 0x7F);
    }
  }
}

TEST(TerminalText, WidthCountsColumns) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("caf\u00e9"), 4);
  EXPECT_EQ(display_width("cafe\u0301"), 4);  // combining accent
  EXPECT_EQ(display_width("\u65e5\u672c"), 4);
  EXPECT_EQ(display_width("\U0001F512"), 2);
  EXPECT_EQ(display_width("\u2714"), 1);
}

TEST(TerminalText, CutLeavesRoomForItsEllipsis) {
  Presentation unicode;
  Presentation ascii;
  ascii.unicode = false;
  EXPECT_EQ(cut("abcdef", 6, unicode), "abcdef");
  EXPECT_EQ(cut("abcdef", 5, unicode), "abcd\u2026");
  EXPECT_EQ(cut("abcdef", 5, ascii), "abcd~");
  EXPECT_EQ(cut("\u65e5\u672c\u8a9e", 4, unicode), "\u65e5\u2026");
  EXPECT_EQ(cut("abc", 1, unicode), "\u2026");
}

TEST(TerminalText, Padding) {
  EXPECT_EQ(padded_right("a", 3), "a  ");
  EXPECT_EQ(padded_left("\u65e5", 3), " \u65e5");
  EXPECT_EQ(padded_right("abcd", 3), "abcd");
}

TEST(TerminalText, WrappingBreaksBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 0, 0, 4), "one two three");
  EXPECT_EQ(wrapped("one two three", 7, 0, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one two three", 9, 2, 2), "one two\n  three");
  EXPECT_EQ(wrapped("a tremendouslylongword b", 8, 0, 1), "a\n tremendouslylongword\n b");
  EXPECT_EQ(wrapped("", 10, 0, 2), "");
}

TEST(TerminalText, DurationsHaveThreeDigits) {
  const Presentation look;
  EXPECT_EQ(duration_text(-1, look), "\u2013");
  EXPECT_EQ(duration_text(0, look), "0 \u00b5s");
  EXPECT_EQ(duration_text(85'400, look), "85 \u00b5s");
  EXPECT_EQ(duration_text(999'400, look), "999 \u00b5s");
  EXPECT_EQ(duration_text(999'600, look), "1.00 ms");
  EXPECT_EQ(duration_text(1'204'000, look), "1.20 ms");
  EXPECT_EQ(duration_text(9'996'000, look), "10.0 ms");
  EXPECT_EQ(duration_text(99'960'000, look), "100 ms");
  EXPECT_EQ(duration_text(999'600'000, look), "1.00 s");
  EXPECT_EQ(duration_text(10'000'000'000, look), "10.0 s");
  EXPECT_EQ(duration_text(300'000'000'000, look), "300 s");
  Presentation ascii;
  ascii.unicode = false;
  EXPECT_EQ(duration_text(5'000, ascii), "5 us");
  EXPECT_EQ(duration_text(-1, ascii), "-");
}

TEST(TerminalText, CountsAreGrouped) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
}

TEST(Presentation, ColourOnlyOnATerminalAndNeverAgainstTheWish) {
  EXPECT_FALSE(choose_presentation({}).colour);
  EXPECT_TRUE(choose_presentation({true, 120, "", "xterm", ""}).colour);
  EXPECT_FALSE(choose_presentation({true, 120, "1", "xterm", ""}).colour);
  EXPECT_FALSE(choose_presentation({true, 120, "", "dumb", ""}).colour);
  EXPECT_FALSE(choose_presentation({false, 0, "", "xterm", ""}).colour);
}

TEST(Presentation, WidthOfATerminalOrNoLimit) {
  EXPECT_EQ(choose_presentation({false, 0, "", "", ""}).columns, 0);
  EXPECT_EQ(choose_presentation({true, 132, "", "", ""}).columns, 132);
  EXPECT_EQ(choose_presentation({true, 0, "", "", ""}).columns, 80);
}

TEST(Presentation, UnicodeUnlessTheLocaleIsAnother) {
  EXPECT_TRUE(choose_presentation({true, 80, "", "", ""}).unicode);
  EXPECT_TRUE(choose_presentation({true, 80, "", "", "de_DE.UTF-8"}).unicode);
  EXPECT_TRUE(choose_presentation({true, 80, "", "", "C.utf8"}).unicode);
  EXPECT_FALSE(choose_presentation({true, 80, "", "", "C"}).unicode);
  EXPECT_FALSE(choose_presentation({true, 80, "", "", "de_DE.ISO-8859-1"}).unicode);
}

TEST(Presentation, PaintIsSwitchedOffAgain) {
  Presentation colourful;
  colourful.colour = true;
  EXPECT_EQ(painted("down", Paint::kRed, colourful), "\x1b[31mdown\x1b[0m");
  EXPECT_EQ(painted("", Paint::kRed, colourful), "");
  EXPECT_EQ(painted("down", Paint::kNone, colourful), "down");
  EXPECT_EQ(painted("down", Paint::kRed, Presentation{}), "down");
}

}  // namespace
}  // namespace tracer::cli
