#include "engine/starttls_script.h"

namespace tracer::engine::starttls {
namespace {

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

// The M field of an ErrorResponse: fields of a type byte and a NUL-terminated text.
std::string_view postgres_message(std::string_view fields) {
  while (!fields.empty() && fields.front() != '\0') {
    const std::size_t end = fields.find('\0');
    if (end == std::string_view::npos) break;
    if (fields.front() == 'M') return fields.substr(1, end - 1);
    fields.remove_prefix(end + 1);
  }
  return "an error without a message";
}

}  // namespace

// One byte: S, N, or the E of an error message (a server too old, or out of connections).
Reading read_postgres(std::string_view buffer, const Exchange&, ReplyState&) {
  if (buffer.empty()) return {};
  switch (buffer.front()) {
    case 'S':
      return {Verdict::kAccepted, 1};
    case 'N':
      return {Verdict::kRefused, 1, "the server answered N: it does not offer TLS"};
    case 'E':
      break;
    default:
      return {Verdict::kGarbage, 0,
              "not a reply of this protocol: " + std::string(buffer.substr(0, kMaxLineBytes))};
  }
  if (buffer.size() < 5) return {};
  const std::uint32_t length = big_endian(buffer.substr(1, 4));
  if (length < 4 || length > kMaxLineBytes) {
    return {Verdict::kGarbage, 0, "the server's error message has an impossible length"};
  }
  if (buffer.size() < length + 1) return {};
  return {Verdict::kRefused, length + 1,
          "the server said: " + std::string(postgres_message(buffer.substr(5, length - 4)))};
}

}  // namespace tracer::engine::starttls
