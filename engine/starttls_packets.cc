#include <algorithm>
#include <array>
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

// The server's PRELOGIN, in one packet of a tabular result: a list of options, and among them what
// it makes of the encryption that was asked for (MS-TDS, 2.2.6.5).
Reading read_mssql(std::string_view buffer, const Exchange&, ReplyState&) {
  constexpr std::size_t kHeaderBytes = 8;
  constexpr char kTabularResult = '\x04';
  constexpr int kLastPacket = 1;
  constexpr std::uint8_t kVersion = 0;
  constexpr std::uint8_t kEncryption = 1;
  constexpr std::uint8_t kTerminator = 0xff;
  constexpr std::size_t kOptionBytes = 5;
  if (!buffer.empty() && buffer.front() != kTabularResult) {
    return garbage("not a packet of SQL Server");
  }
  if (buffer.size() < kHeaderBytes) return {};
  const std::size_t size = big_endian(buffer.substr(2, 2));
  if (size <= kHeaderBytes || size > kMaxLineBytes || (buffer[1] & kLastPacket) == 0) {
    return garbage("not an answer to PRELOGIN");
  }
  if (buffer.size() < size) return {};
  const std::string_view data = buffer.substr(kHeaderBytes, size - kHeaderBytes);
  if (data.front() != kVersion) return garbage("not an answer to PRELOGIN");
  std::optional<std::uint8_t> encryption;
  for (std::string_view options = data;; options.remove_prefix(kOptionBytes)) {
    if (options.empty()) return garbage("an answer to PRELOGIN that is cut short");
    const auto token = static_cast<std::uint8_t>(options.front());
    if (token == kTerminator) break;
    if (options.size() < kOptionBytes) return garbage("an answer to PRELOGIN that is cut short");
    const std::size_t offset = big_endian(options.substr(1, 2));
    const std::size_t length = big_endian(options.substr(3, 2));
    if (offset + length > data.size()) return garbage("an answer to PRELOGIN that is cut short");
    if (token == kEncryption && length == 1) encryption = static_cast<std::uint8_t>(data[offset]);
  }
  if (!encryption) return garbage("an answer to PRELOGIN that is silent on encryption");
  switch (*encryption) {
    case 1:  // ENCRYPT_ON
    case 3:  // ENCRYPT_REQ
      return {Verdict::kAccepted, size};
    case 0:
      return {Verdict::kRefused, size, "the server answered ENCRYPT_OFF: TLS is turned off"};
    case 2:
      return {Verdict::kRefused, size, "the server answered ENCRYPT_NOT_SUP: it has no TLS"};
    default:
      return garbage("an answer to PRELOGIN with an unknown encryption");
  }
}

namespace {

std::string_view rdp_failure(std::uint32_t code) {
  constexpr std::array<std::string_view, 7> kNames{
      "",
      "SSL_REQUIRED_BY_SERVER",
      "SSL_NOT_ALLOWED_BY_SERVER",
      "SSL_CERT_NOT_ON_SERVER",
      "INCONSISTENT_FLAGS",
      "HYBRID_REQUIRED_BY_SERVER",
      "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
  };
  return code > 0 && code < kNames.size() ? kNames[code] : "an unknown failure";
}

}  // namespace

// The X.224 connection confirm in its TPKT frame (MS-RDPBCGR, 2.2.1.2).
Reading read_rdp(std::string_view buffer, const Exchange&, ReplyState&) {
  constexpr std::size_t kTpktBytes = 4;
  constexpr std::size_t kBareBytes = 11;  // a confirm without a word on security
  constexpr std::size_t kSize = 19;
  constexpr char kTpktVersion = '\x03';
  constexpr char kConfirm = '\xd0';
  constexpr char kResponse = '\x02';
  constexpr char kFailure = '\x03';
  constexpr std::uint32_t kStandardSecurity = 0;
  constexpr std::uint32_t kTls = 1;
  constexpr std::uint32_t kTlsThenLogin = 2;  // PROTOCOL_HYBRID
  if (!buffer.empty() && buffer.front() != kTpktVersion) return garbage("not a packet of RDP");
  if (buffer.size() < kTpktBytes) return {};
  const std::size_t size = big_endian(buffer.substr(2, 2));
  if (size != kBareBytes && size != kSize) return garbage("not an X.224 connection confirm");
  if (buffer.size() < size) return {};
  if (buffer[5] != kConfirm || static_cast<std::size_t>(buffer[4]) != size - kTpktBytes - 1) {
    return garbage("not an X.224 connection confirm");
  }
  if (size == kBareBytes) {
    return {Verdict::kRefused, size, "the server does not negotiate: it has no TLS"};
  }
  const std::uint32_t value = little_endian(buffer.substr(15, 4));
  if (buffer[11] == kFailure) {
    return {Verdict::kRefused, size, "the server said: " + std::string(rdp_failure(value))};
  }
  if (buffer[11] != kResponse) return garbage("a connection confirm of an unknown kind");
  if (value == kTls || value == kTlsThenLogin) return {Verdict::kAccepted, size};
  if (value != kStandardSecurity) return garbage("the server chose what it was not asked for");
  return {Verdict::kRefused, size, "the server chose RDP's own security, without TLS"};
}

}  // namespace tracer::engine::starttls
