#include "tools/tracer/sinks/utf8.h"

#include <cassert>

namespace tracer::cli {
namespace {

struct Lead {
  std::size_t length;
  char32_t bits;   // of the lead byte
  char32_t least;  // code that needs this length
};

Lead read_lead(unsigned char byte) {
  if (byte < 0x80U) return {1, byte, 0};
  if ((byte & 0xE0U) == 0xC0U) return {2, byte & 0x1FU, 0x80};
  if ((byte & 0xF0U) == 0xE0U) return {3, byte & 0x0FU, 0x800};
  if ((byte & 0xF8U) == 0xF0U) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

}  // namespace

Character first_character(std::string_view text) {
  assert(!text.empty());
  const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const Character invalid{byte_at(0), 1, false};
  const Lead lead = read_lead(byte_at(0));
  if (lead.length == 0 || lead.length > text.size()) return invalid;
  char32_t code = lead.bits;
  for (std::size_t at = 1; at < lead.length; ++at) {
    if ((byte_at(at) & 0xC0U) != 0x80U) return invalid;
    code = (code << 6U) | (byte_at(at) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < lead.least || code > 0x10FFFF || surrogate) return invalid;
  return {code, lead.length, true};
}

}  // namespace tracer::cli
