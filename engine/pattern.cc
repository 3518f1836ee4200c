#include "engine/pattern.h"

#include <re2/re2.h>

#include <cstdint>
#include <utility>

namespace tracer::engine {
namespace {

RE2::Options options_for(RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(encoding);
  return options;
}

// Length of the well-formed UTF-8 sequence at the start of `bytes`; 0 when there is none.
std::size_t utf8_sequence(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 0 || lead > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace

struct Pattern::Compiled {
  explicit Compiled(std::string_view expression)
      : text(expression),
        utf8(text, options_for(RE2::Options::EncodingUTF8)),
        latin1(text, options_for(RE2::Options::EncodingLatin1)) {}
  std::string text;
  RE2 utf8;
  RE2 latin1;
};

Pattern::Pattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::~Pattern() = default;

tl::expected<std::shared_ptr<const Pattern>, std::string> Pattern::compile(
    std::string_view expression) {
  auto compiled = std::make_unique<Compiled>(expression);
  if (!compiled->utf8.ok()) return tl::make_unexpected(compiled->utf8.error());
  return std::shared_ptr<const Pattern>(new Pattern(std::move(compiled)));
}

bool Pattern::matches(std::string_view bytes) const {
  const re2::StringPiece piece(bytes.data(), bytes.size());
  // An expression may name characters that Latin-1 has not; it then cannot match such bytes.
  if (is_utf8(bytes)) return RE2::PartialMatch(piece, compiled_->utf8);
  return compiled_->latin1.ok() && RE2::PartialMatch(piece, compiled_->latin1);
}

const std::string& Pattern::text() const { return compiled_->text; }

}  // namespace tracer::engine
