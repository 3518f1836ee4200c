#include "engine/pattern.h"

#include <re2/re2.h>

#include <cstdint>
#include <mutex>
#include <utility>

#include "engine/utf8.h"

namespace tracer::engine {
namespace {

// Of one compiled expression, its caches included: a fleet may have many.
constexpr std::int64_t kMaxPatternBytes = 1 << 20;

RE2::Options options_for(RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternBytes);
  options.set_encoding(encoding);
  return options;
}

}  // namespace

struct Pattern::Compiled {
  explicit Compiled(std::string_view expression)
      : text(expression), utf8(text, options_for(RE2::Options::EncodingUTF8)) {}
  const RE2& latin1() {
    std::call_once(latin1_once, [this] {
      latin1_lazy = std::make_unique<RE2>(text, options_for(RE2::Options::EncodingLatin1));
    });
    return *latin1_lazy;
  }
  std::string text;
  RE2 utf8;
  std::once_flag latin1_once;  // most patterns never meet bytes that are not UTF-8
  std::unique_ptr<RE2> latin1_lazy;
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
  if (utf8_valid_prefix(bytes) == bytes.size()) return RE2::PartialMatch(piece, compiled_->utf8);
  // An expression may name characters that Latin-1 has not; it then cannot match such bytes.
  const RE2& latin1 = compiled_->latin1();
  return latin1.ok() && RE2::PartialMatch(piece, latin1);
}

const std::string& Pattern::text() const { return compiled_->text; }

}  // namespace tracer::engine
