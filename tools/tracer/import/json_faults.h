// Looks at JSON text where the parser does not help: which string or bracket is at fault when it
// says only that one is, and whether a text is one document or one a line. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace tracer::import {

inline constexpr std::string_view kTrailingText = "more text after the end of the document";

struct JsonFault {
  std::size_t offset;
  std::string_view found;
};

// The first string with a raw control character or without an end.
JsonFault find_string_fault(std::string_view text);
// The bracket that is not closed or closes nothing, or what follows the last one.
JsonFault find_bracket_fault(std::string_view text);

// True when the first line is a whole value and more follows it: one monitor a line.
bool is_one_a_line(std::string_view text);

}  // namespace tracer::import
