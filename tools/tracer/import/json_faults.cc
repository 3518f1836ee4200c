#include "tools/tracer/import/json_faults.h"

#include <vector>

namespace tracer::import {

JsonFault find_string_fault(std::string_view text) {
  constexpr std::string_view kFound =
      "this string is not closed on its line, or has a raw control character";
  std::size_t at = 0;
  while (true) {
    const std::size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) return {text.size(), kFound};
    for (at = quote + 1;; ++at) {
      if (at >= text.size() || static_cast<unsigned char>(text[at]) < 0x20) return {quote, kFound};
      if (text[at] == '"') break;
      if (text[at] == '\\') ++at;
    }
    ++at;
  }
}

JsonFault find_bracket_fault(std::string_view text) {
  std::vector<std::size_t> open;
  bool begun = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n') continue;
    if (begun && open.empty()) return {at, kTrailingText};
    begun = true;
    if (letter == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
    } else if (letter == '{' || letter == '[') {
      open.push_back(at);
    } else if (letter == '}' || letter == ']') {
      const char opening = letter == '}' ? '{' : '[';
      if (open.empty() || text[open.back()] != opening) return {at, "this bracket closes nothing"};
      open.pop_back();
    }
  }
  if (open.empty()) return {text.size(), "the document is not complete"};
  return {open.back(), "this bracket is not closed"};
}

bool is_one_a_line(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  text.remove_prefix(start);
  const std::size_t newline = text.find('\n');
  if (newline == std::string_view::npos ||
      text.find_first_not_of(" \t\r\n", newline) == std::string_view::npos)
    return false;
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < newline; ++at) {
    const char letter = text[at];
    if (in_string) {
      if (letter == '\\') ++at;
      in_string = letter != '"';
    } else if (letter == '"') {
      in_string = true;
    } else if (letter == '{' || letter == '[') {
      ++depth;
    } else if (letter == '}' || letter == ']') {
      --depth;
    }
  }
  return depth == 0 && !in_string;
}

}  // namespace tracer::import
