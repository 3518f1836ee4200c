#include "engine/outcome.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace tracer::engine {
namespace {

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// The longest prefix of `text` within `limit` bytes that does not end inside a UTF-8 character.
// Bytes that are not UTF-8 at all are cut at the limit.
std::size_t character_boundary(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  std::size_t end = limit;
  while (end > 0 && limit - end < 4 && continues_character(text[end])) --end;
  return continues_character(text[end]) ? limit : end;
}

}  // namespace

void Outcome::set_detail(std::string_view text) {
  const std::size_t length = character_boundary(text, detail.size() - 1);
  // An embedded NUL would end the text early and hide the rest.
  std::replace_copy(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length),
                    detail.begin(), '\0', '?');
  detail[length] = '\0';
}

void Outcome::set_response(std::string_view bytes, bool keep_body) {
  assert(body == nullptr);
  response_measured = true;
  response_bytes = static_cast<std::uint32_t>(bytes.size());
  excerpt_length = static_cast<std::uint8_t>(std::min(bytes.size(), excerpt.size()));
  std::copy_n(bytes.begin(), excerpt_length, excerpt.begin());
  if (!keep_body || bytes.size() <= excerpt.size()) return;
  void* block = std::malloc(sizeof(ResponseBody) + bytes.size());
  if (block == nullptr) {  // An assertion must not be judged on a part of what it asks about.
    failure = FailureCode::kLocalResources;
    failure_phase = Phase::kResponse;
    set_detail("no memory to keep the response");
    return;
  }
  body = static_cast<ResponseBody*>(block);
  body->size = bytes.size();
  std::memcpy(body->bytes, bytes.data(), bytes.size());
}

void Outcome::release_payload() {
  ssl::ChainRef::adopt(chain);  // Dropped at once: gives the reference back.
  chain = nullptr;
  std::free(body);
  body = nullptr;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUp:
      return "up";
    case Verdict::kDegraded:
      return "degraded";
    case Verdict::kDown:
      return "down";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace tracer::engine
