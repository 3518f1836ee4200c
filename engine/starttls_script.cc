#include "engine/starttls_script.h"

namespace tracer::engine::starttls {
namespace {

// The prober has no name of its own that a server could verify, and must not (RFC 5321, 4.1.4) be
// refused for that. A name under .invalid passes every check of syntax, and unlike a literal of the
// loopback address is not what servers take for a forged local client.
constexpr Exchange kSmtp[] = {
    {"", "a greeting", read_smtp, "220", ""},
    {"EHLO tracer.invalid\r\n", "the reply to EHLO", read_smtp, "250", "STARTTLS"},
    {"STARTTLS\r\n", "the reply to STARTTLS", read_smtp, "220", ""},
};

constexpr Exchange kLmtp[] = {
    {"", "a greeting", read_smtp, "220", ""},
    {"LHLO tracer.invalid\r\n", "the reply to LHLO", read_smtp, "250", "STARTTLS"},
    {"STARTTLS\r\n", "the reply to STARTTLS", read_smtp, "220", ""},
};

constexpr Exchange kPop3[] = {
    {"", "a greeting", read_pop3, "+OK", ""},
    {"CAPA\r\n", "the reply to CAPA", read_pop3, "+OK", "STLS"},
    {"STLS\r\n", "the reply to STLS", read_pop3, "+OK", ""},
};

constexpr Exchange kImap[] = {
    {"", "a greeting", read_imap, "*", "", true},
    {"a1 CAPABILITY\r\n", "the reply to CAPABILITY", read_imap, "a1", "STARTTLS", true},
    {"a2 STARTTLS\r\n", "the reply to STARTTLS", read_imap, "a2", "", true},
};

// SSLRequest: its length, and a protocol version that no server speaks, 1234.5679.
constexpr std::string_view kPostgresRequest("\x00\x00\x00\x08\x04\xd2\x16\x2f", 8);
constexpr Exchange kPostgres[] = {
    {kPostgresRequest, "the reply to SSLRequest", read_postgres, "S", ""},
};

}  // namespace

std::span<const Exchange> script(StarttlsProtocol protocol) {
  switch (protocol) {
    case StarttlsProtocol::kSmtp:
      return kSmtp;
    case StarttlsProtocol::kLmtp:
      return kLmtp;
    case StarttlsProtocol::kPop3:
      return kPop3;
    case StarttlsProtocol::kImap:
      return kImap;
    case StarttlsProtocol::kPostgres:
      return kPostgres;
    default:
      return {};
  }
}

}  // namespace tracer::engine::starttls
