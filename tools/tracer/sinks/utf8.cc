#include "tools/tracer/sinks/utf8.h"

#include <array>
#include <cassert>

#include "engine/utf8.h"

namespace tracer::cli {

Character first_character(std::string_view text) {
  assert(!text.empty());
  const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t length = engine::utf8_sequence_length(text);
  if (length == 0) return {byte_at(0), 1, false};
  constexpr std::array<unsigned, 5> kLeadBits{0, 0x7F, 0x1F, 0x0F, 0x07};  // by length
  char32_t code = byte_at(0) & kLeadBits[length];
  for (std::size_t at = 1; at < length; ++at) code = (code << 6U) | (byte_at(at) & 0x3FU);
  return {code, length, true};
}

}  // namespace tracer::cli
