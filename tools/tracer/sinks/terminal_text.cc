#include "tools/tracer/sinks/terminal_text.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>

#include "tools/tracer/sinks/utf8.h"

namespace tracer::cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t kCount>
bool within(const std::array<Range, kCount>& ranges, char32_t code) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code,
                       [](char32_t value, Range range) { return value < range.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

// Format characters of Unicode (category Cf) that hide or reorder text, and its line separators.
constexpr std::array<Range, 9> kDeceptive{{
    {0x00AD, 0x00AD},
    {0x061C, 0x061C},
    {0x180E, 0x180E},
    {0x200B, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x206F},
    {0xFEFF, 0xFEFF},
    {0xFFF0, 0xFFFB},
    {0xE0000, 0xE007F},
}};

// Combining marks of the scripts in common use, and variation selectors.
constexpr std::array<Range, 17> kZeroWidth{{
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x0610, 0x061A},
    {0x064B, 0x065F},
    {0x06D6, 0x06DC},
    {0x0900, 0x0902},
    {0x093C, 0x093C},
    {0x0941, 0x0948},
    {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F},
    {0xE0100, 0xE01EF},
}};

// East Asian Width W and F, by block.
constexpr std::array<Range, 13> kDoubleWidth{{
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0x33FF},
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x1F300, 0x1FAFF},
    {0x20000, 0x3FFFD},
}};

int width_of(char32_t code) {
  if (code < 0x300) return 1;
  if (within(kZeroWidth, code)) return 0;
  return within(kDoubleWidth, code) ? 2 : 1;
}

void append_escaped(std::string& out, const Character& character) {
  switch (character.code) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  std::array<char, 16> text{};
  const auto code = static_cast<unsigned>(character.code);
  std::snprintf(text.data(), text.size(), code <= 0xFF ? "\\x%02x" : "\\u%04x", code);
  out += text.data();
}

bool harmless(const Character& character) {
  if (!character.valid) return false;
  if (character.code < 0x20) return false;
  if (character.code >= 0x7F && character.code < 0xA0) return false;
  return character.code < 0xA0 || !within(kDeceptive, character.code);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (harmless(character)) {
      out.append(text.substr(0, character.length));
    } else {
      append_escaped(out, character);
    }
    text.remove_prefix(character.length);
  }
  return out;
}

int display_width(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    columns += width_of(character.code);
    text.remove_prefix(character.length);
  }
  return columns;
}

std::string cut(std::string_view text, int columns, const Presentation& presentation) {
  assert(columns > 0);
  if (display_width(text) <= columns) return std::string(text);
  int room = columns - 1;  // the ellipsis takes one
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = first_character(text.substr(end));
    room -= width_of(character.code);
    if (room < 0) break;
    end += character.length;
  }
  return std::string(text.substr(0, end)) + (presentation.unicode ? "\u2026" : "~");
}

std::string padded_right(std::string_view text, int columns) {
  const int missing = std::max(0, columns - display_width(text));
  return std::string(text) + std::string(static_cast<std::size_t>(missing), ' ');
}

std::string padded_left(std::string_view text, int columns) {
  const int missing = std::max(0, columns - display_width(text));
  return std::string(static_cast<std::size_t>(missing), ' ') + std::string(text);
}

std::string wrapped(std::string_view text, int columns, int start, int indent) {
  std::string out;
  int used = start;
  bool line_begins = true;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const int width = display_width(word);
    if (!line_begins && columns != 0 && used + 1 + width > columns) {
      out += '\n';
      out.append(static_cast<std::size_t>(indent), ' ');
      used = indent;
    } else if (!line_begins) {
      out += ' ';
      ++used;
    }
    line_begins = false;
    out += word;
    used += width;
  }
  return out;
}

std::string duration_text(std::int64_t duration_ns, const Presentation& presentation) {
  if (duration_ns < 0) return presentation.unicode ? "\u2013" : "-";
  std::array<char, 32> text{};
  const auto print = [&](int decimals, double value, const char* unit) {
    std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
    return std::string(text.data());
  };
  const double microseconds = static_cast<double>(duration_ns) / 1e3;
  if (microseconds < 999.5) return print(0, microseconds, presentation.unicode ? "\u00b5s" : "us");
  const bool seconds = microseconds >= 999.5e3;
  const double value = microseconds / (seconds ? 1e6 : 1e3);
  const int decimals = value >= 99.95 ? 0 : (value >= 9.995 ? 1 : 2);
  return print(decimals, value, seconds ? "s" : "ms");
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace tracer::cli
