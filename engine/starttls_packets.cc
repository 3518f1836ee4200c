#include <algorithm>
#include <optional>

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

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t at = bytes.size(); at > 0; --at) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at - 1]);
  }
  return value;
}

Reading garbage(std::string_view why) { return {Verdict::kGarbage, 0, std::string(why)}; }

// One element of BER: how many bytes before its content, and how many of content.
struct Element {
  enum class State : std::uint8_t { kWhole, kIncomplete, kInvalid };
  State state = State::kIncomplete;
  std::uint8_t tag = 0;
  std::size_t header = 0;
  std::size_t length = 0;

  std::string_view content(std::string_view bytes) const { return bytes.substr(header, length); }
};

Element read_element(std::string_view bytes) {
  Element element;
  if (bytes.size() < 2) return element;
  element.tag = static_cast<std::uint8_t>(bytes[0]);
  const auto first = static_cast<std::uint8_t>(bytes[1]);
  const std::size_t more = first < 0x80 ? 0 : first & 0x7fU;
  if (first == 0x80 || more > 4) {
    element.state = Element::State::kInvalid;
    return element;
  }
  element.header = 2 + more;
  if (bytes.size() < element.header) return element;
  element.length = more == 0 ? first : big_endian(bytes.substr(2, more));
  if (element.length > kMaxBufferedBytes - element.header) {
    element.state = Element::State::kInvalid;
  } else if (bytes.size() - element.header >= element.length) {
    element.state = Element::State::kWhole;
  }
  return element;
}

// Takes an element with this tag off the front; nothing where there is none.
std::optional<std::string_view> take_element(std::string_view& bytes, std::uint8_t tag) {
  const Element element = read_element(bytes);
  if (element.state != Element::State::kWhole || element.tag != tag) return std::nullopt;
  const std::string_view content = element.content(bytes);
  bytes.remove_prefix(element.header + element.length);
  return content;
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
    return garbage("the server's error message has an impossible length");
  }
  if (buffer.size() < length + 1) return {};
  return {Verdict::kRefused, length + 1,
          "the server said: " + std::string(postgres_message(buffer.substr(5, length - 4)))};
}

// The initial handshake packet: version 10, and CLIENT_SSL among the capabilities.
Reading read_mysql(std::string_view buffer, const Exchange&, ReplyState&) {
  constexpr std::size_t kHeaderBytes = 4;
  constexpr std::uint32_t kClientSsl = 0x0800;
  if (buffer.size() < kHeaderBytes) return {};
  const std::uint32_t length = little_endian(buffer.substr(0, 3));
  if (length == 0 || length > kMaxLineBytes || buffer[3] != '\0') {
    return garbage("not a greeting of MySQL");
  }
  const std::size_t size = kHeaderBytes + length;
  if (buffer.size() < size) return {};
  const std::string_view packet = buffer.substr(kHeaderBytes, length);
  if (packet.front() == '\xff') {  // too many connections, or a host that is not let in
    return {Verdict::kRefused, size,
            "the server said: " + std::string(packet.substr(std::min<std::size_t>(3, length)))};
  }
  if (packet.front() != '\x0a') return garbage("a MySQL greeting of an unknown version");
  const std::size_t version_end = packet.find('\0');
  // The thread's number, eight bytes of a nonce and a filler stand before the capabilities.
  if (version_end == std::string_view::npos || length < version_end + 1 + 4 + 8 + 1 + 2) {
    return garbage("a MySQL greeting that is cut short");
  }
  if ((little_endian(packet.substr(version_end + 14, 2)) & kClientSsl) == 0) {
    return {Verdict::kRefused, size, "the server does not offer TLS"};
  }
  return {Verdict::kAccepted, size};
}

// RFC 4511: an ExtendedResponse to message 1; or message 0, the notice of disconnection.
Reading read_ldap(std::string_view buffer, const Exchange&, ReplyState&) {
  constexpr std::uint8_t kSequence = 0x30;
  constexpr std::uint8_t kInteger = 0x02;
  constexpr std::uint8_t kEnumerated = 0x0a;
  constexpr std::uint8_t kOctetString = 0x04;
  constexpr std::uint8_t kExtendedResponse = 0x78;
  if (!buffer.empty() && static_cast<std::uint8_t>(buffer.front()) != kSequence) {
    return garbage("not an LDAP message");
  }
  const Element message = read_element(buffer);
  if (message.state == Element::State::kInvalid) return garbage("not an LDAP message");
  if (message.state == Element::State::kIncomplete) return {};
  const std::size_t size = message.header + message.length;
  std::string_view content = message.content(buffer);
  const auto id = take_element(content, kInteger);
  auto response = take_element(content, kExtendedResponse);
  if (!id || id->size() != 1 || !response) return garbage("not the LDAP response that is due");
  const auto code = take_element(*response, kEnumerated);
  const auto matched_name = take_element(*response, kOctetString);
  const auto diagnostic = take_element(*response, kOctetString);
  if (!code || code->size() != 1 || !matched_name || !diagnostic) {
    return garbage("an LDAP response that is cut short");
  }
  const int result = static_cast<std::uint8_t>(code->front());
  if (id->front() == 1 && result == 0) return {Verdict::kAccepted, size};
  if (id->front() != 1 && id->front() != 0) return garbage("an LDAP response to another message");
  return {Verdict::kRefused, size,
          "the server said: result " + std::to_string(result) + " " + std::string(*diagnostic)};
}

}  // namespace tracer::engine::starttls
