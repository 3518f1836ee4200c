#include "tools/fleetsim/requests.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

namespace tracer::fleetsim {
namespace {

struct Request {
  std::string verb;  // upper case
  std::string tag;   // of Framing::kTagged
  std::size_t size;  // bytes of the stream it took
  bool skipped = false;
};

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string_view take_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t end = std::min(line.find(' ', begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

std::optional<Request> next_line(Framing framing, std::string_view stream) {
  const std::size_t end = stream.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = stream.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Request request{.size = end + 1};
  if (framing == Framing::kRedis && (line.starts_with('*') || line.starts_with('$'))) {
    request.skipped = true;
    return request;
  }
  if (framing == Framing::kTagged) request.tag = take_word(line);
  request.verb = upper(take_word(line));
  return request;
}

std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// A start-up message begins with its length, whose first byte is 0; any later message with a type.
std::optional<Request> next_postgres(std::string_view stream) {
  constexpr std::uint32_t kSslRequest = 80877103;
  constexpr std::uint32_t kGssEncRequest = 80877104;
  if (stream.empty()) return std::nullopt;
  const bool startup = stream.front() == '\0';
  const std::size_t type_bytes = startup ? 0 : 1;
  if (stream.size() < type_bytes + 4) return std::nullopt;
  const std::size_t size = type_bytes + read_u32(stream.substr(type_bytes));
  if (size < 5 || stream.size() < size) return std::nullopt;
  if (!startup) return Request{.verb = "PASSWORD", .size = size};
  const std::uint32_t code = size >= 8 ? read_u32(stream.substr(4)) : 0;
  if (code == kSslRequest) return Request{.verb = "SSL", .size = size};
  if (code == kGssEncRequest) return Request{.verb = "GSSENC", .size = size};
  return Request{.verb = "STARTUP", .size = size};
}

std::optional<Request> next_request(Framing framing, std::string_view stream) {
  if (stream.empty()) return std::nullopt;
  switch (framing) {
    case Framing::kIgnore:
    case Framing::kEcho:
      return Request{.size = stream.size(), .skipped = true};
    case Framing::kAnything:
      return Request{.size = stream.size()};
    case Framing::kLines:
    case Framing::kTagged:
    case Framing::kRedis:
      return next_line(framing, stream);
    case Framing::kPostgres:
      return next_postgres(stream);
  }
  return std::nullopt;
}

void append_reply(std::string_view reply, std::string_view tag, std::string& output) {
  constexpr std::string_view kTag = "%t";
  for (std::size_t at; (at = reply.find(kTag)) != std::string_view::npos;) {
    output.append(reply.substr(0, at)).append(tag);
    reply.remove_prefix(at + kTag.size());
  }
  output.append(reply);
}

}  // namespace

std::string greeting_of(const Dialogue& dialogue) {
  constexpr std::string_view kFiller =
      "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKLM\r\n";
  std::string greeting;
  greeting.reserve(static_cast<std::size_t>(dialogue.padding_bytes) + kFiller.size() +
                   dialogue.greeting.size());
  while (greeting.size() < static_cast<std::size_t>(dialogue.padding_bytes)) greeting += kFiller;
  return greeting += dialogue.greeting;
}

Answer answer(const Dialogue& dialogue, std::string_view bytes, std::string& unfinished,
              std::string& output) {
  if (dialogue.framing == Framing::kEcho) output.append(bytes);
  std::string joined;
  std::string_view stream = bytes;
  if (!unfinished.empty()) {
    joined = std::move(unfinished).append(bytes);
    stream = joined;
    unfinished.clear();
  }
  while (const auto request = next_request(dialogue.framing, stream)) {
    stream.remove_prefix(request->size);
    if (request->skipped) continue;
    const auto rule = std::find_if(dialogue.rules.begin(), dialogue.rules.end(),
                                   [&](const Rule& r) { return r.verb == request->verb; });
    const bool known = rule != dialogue.rules.end();
    append_reply(known ? rule->reply : dialogue.otherwise, request->tag, output);
    if (known && rule->act != Act::kContinue) {
      return {.act = rule->act, .garbage = rule->act == Act::kStartTls && !stream.empty()};
    }
  }
  if (stream.size() > kMaxRequestBytes) return {.garbage = true};
  unfinished.assign(stream);
  return {};
}

}  // namespace tracer::fleetsim
