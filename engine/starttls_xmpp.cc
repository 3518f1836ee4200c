#include <optional>

#include "engine/starttls_script.h"

namespace tracer::engine::starttls {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

struct Tag {
  std::string_view name;  // with its prefix; "/name" of an end tag
  bool empty = false;     // <name/>
  std::size_t end = 0;    // behind it, in the buffer
};

enum class Scan : std::uint8_t { kTag, kMore, kInvalid };

// The tag at or behind `from`, where text may stand between tags.
Scan next_tag(std::string_view buffer, std::size_t from, Tag& tag) {
  const std::size_t start = buffer.find('<', from);
  if (start == std::string_view::npos) return Scan::kMore;
  char quote = '\0';
  for (std::size_t at = start + 1; at < buffer.size(); ++at) {
    const char character = buffer[at];
    if (quote != '\0') {
      if (character == quote) quote = '\0';
    } else if (character == '\'' || character == '"') {
      quote = character;
    } else if (character == '<' || (character == '!' && at == start + 1)) {
      return Scan::kInvalid;  // comments and declarations are forbidden (RFC 6120, 11.1)
    } else if (character == '>') {
      std::string_view text = buffer.substr(start + 1, at - start - 1);
      tag.empty = text.ends_with('/');
      if (tag.empty) text.remove_suffix(1);
      tag.name = text.substr(0, text.find_first_of(kBlanks));
      tag.end = at + 1;
      return Scan::kTag;
    }
  }
  return Scan::kMore;
}

std::string_view without_prefix(std::string_view name) {
  const bool end = name.starts_with('/');
  const std::size_t colon = name.find(':');
  if (end || colon == std::string_view::npos) return name;
  return name.substr(colon + 1);
}

// Whether `tag` is the end of an element of this name: <name/> or </name>.
bool closes(const Tag& tag, std::string_view name) {
  if (tag.name.starts_with('/')) return without_prefix(tag.name.substr(1)) == name;
  return tag.empty && without_prefix(tag.name) == name;
}

}  // namespace

// Reads tags until the element that is due ends. Nothing is consumed before that; the bound of the
// buffer holds the work down.
Reading read_xmpp(std::string_view buffer, const Exchange& exchange, ReplyState& state) {
  const std::size_t first = buffer.find_first_not_of(kBlanks);
  if (first != std::string_view::npos && buffer[first] != '<') {
    return {Verdict::kGarbage, 0,
            "not a reply of this protocol: " + std::string(buffer.substr(first, kMaxLineBytes))};
  }
  std::string_view failure;  // the element that tells of one, and the first within it
  std::string_view reason;
  bool features = false;
  Tag tag;
  for (std::size_t at = 0;; at = tag.end) {
    const Scan scan = next_tag(buffer, at, tag);
    if (scan == Scan::kMore) return {};
    if (scan == Scan::kInvalid) return {Verdict::kGarbage, 0, "not the XML of a stream"};
    const std::string_view name = without_prefix(tag.name);
    if (!failure.empty() && reason.empty() && !name.starts_with('/')) reason = name;
    if (failure.empty() && (name == "error" || name == "failure")) failure = name;
    if (name == "features") features = true;
    if (features && name == exchange.offer) state.offered = true;

    if (!failure.empty() && closes(tag, failure)) {
      return {Verdict::kRefused, tag.end,
              "the server said: " + std::string(failure) + " " + std::string(reason)};
    }
    if (tag.name == "/stream:stream") return {Verdict::kRefused, tag.end, "the stream was closed"};
    if (closes(tag, exchange.accepts)) {
      if (!exchange.offer.empty() && !state.offered) {
        return {Verdict::kRefused, tag.end, "the server does not offer starttls"};
      }
      return {Verdict::kAccepted, tag.end};
    }
  }
}

}  // namespace tracer::engine::starttls
