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

// A list of capabilities without being asked for it (RFC 5804, 1.7).
constexpr Exchange kSieve[] = {
    {"", "a greeting", read_sieve, "OK", "STARTTLS"},
    {"STARTTLS\r\n", "the reply to STARTTLS", read_sieve, "OK", ""},
};

constexpr Exchange kNntp[] = {
    {"", "a greeting", read_nntp, "200 201", ""},
    {"CAPABILITIES\r\n", "the reply to CAPABILITIES", read_nntp, "101", "STARTTLS"},
    {"STARTTLS\r\n", "the reply to STARTTLS", read_nntp, "382", ""},
};

// FEAT is not asked first: servers need not have it (RFC 4217, 6), and the reply to AUTH says all.
constexpr Exchange kFtp[] = {
    {"", "a greeting", read_ftp, "220", ""},
    {"AUTH TLS\r\n", "the reply to AUTH TLS", read_ftp, "234", ""},
};

constexpr Exchange kIrc[] = {
    {"CAP LS 302\r\n", "the reply to CAP LS", read_irc, "CAP", "tls", true},
    {"STARTTLS\r\n", "the reply to STARTTLS", read_irc, "670", "", true},
};

constexpr std::string_view kXmppProceed = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr Exchange kXmpp[] = {
    {"<?xml version='1.0'?><stream:stream to='{host}' xmlns='jabber:client' "
     "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
     "the stream's features", read_xmpp, "features", "starttls"},
    {kXmppProceed, "the reply to starttls", read_xmpp, "proceed", ""},
};
constexpr Exchange kXmppServer[] = {
    {"<?xml version='1.0'?><stream:stream to='{host}' xmlns='jabber:server' "
     "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
     "the stream's features", read_xmpp, "features", "starttls"},
    {kXmppProceed, "the reply to starttls", read_xmpp, "proceed", ""},
};

// ExtendedRequest number 1 of the operation 1.3.6.1.4.1.1466.20037 (RFC 4511, 4.14).
constexpr std::string_view kLdapRequest(
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
    "1.3.6.1.4.1.1466.20037",
    31);
constexpr Exchange kLdap[] = {
    {kLdapRequest, "the reply to StartTLS", read_ldap, "", ""},
};

// SSLRequest, packet 1 of 32 bytes: CLIENT_PROTOCOL_41, CLIENT_SSL and CLIENT_SECURE_CONNECTION,
// packets of up to 16 MiB, utf8mb4. TLS follows without a word from the server.
constexpr std::string_view kMysqlRequest(
    "\x20\x00\x00\x01"
    "\x00\x8a\x00\x00"
    "\x00\x00\x00\x01"
    "\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    36);
constexpr Exchange kMysql[] = {
    {"", "a greeting", read_mysql, "", ""},
    {kMysqlRequest, "TLS", nullptr, "", ""},
};

// PRELOGIN (MS-TDS, 2.2.6.5), one packet: the version (9.0, which must come first), encryption
// ENCRYPT_ON, no instance, thread 0, no MARS. Each option is a token, an offset and a length.
constexpr std::string_view kMssqlRequest(
    "\x12\x01\x00\x2f\x00\x00\x01\x00"
    "\x00\x00\x1a\x00\x06\x01\x00\x20\x00\x01\x02\x00\x21\x00\x01"
    "\x03\x00\x22\x00\x04\x04\x00\x26\x00\x01\xff"
    "\x09\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    47);
constexpr Exchange kMssql[] = {
    {kMssqlRequest, "the answer to PRELOGIN", read_mssql, "", ""},
};

// An X.224 connection request with RDP_NEG_REQ (MS-RDPBCGR, 2.2.1.1). PROTOCOL_SSL and
// PROTOCOL_HYBRID are asked for: a server that wants network level authentication grants only the
// latter, and begins that with the same TLS handshake.
constexpr std::string_view kRdpRequest(
    "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"
    "\x01\x00\x08\x00\x03\x00\x00\x00",
    19);
constexpr Exchange kRdp[] = {
    {kRdpRequest, "the answer to the connection request", read_rdp, "", ""},
};

// IAC WILL START_TLS. Every telnet server must answer that with DO or DONT (RFC 854), and one that
// offers it by itself says DO as well. What follows is answered by the reader.
constexpr Exchange kTelnet[] = {
    {"\xff\xfb\x2e", "the answer to WILL START_TLS", read_telnet, "", ""},
};

// TLS follows the server's INFO without another word.
constexpr Exchange kNats[] = {
    {"", "the server's INFO", read_nats, "", ""},
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
    case StarttlsProtocol::kSieve:
      return kSieve;
    case StarttlsProtocol::kNntp:
      return kNntp;
    case StarttlsProtocol::kFtp:
      return kFtp;
    case StarttlsProtocol::kIrc:
      return kIrc;
    case StarttlsProtocol::kXmpp:
      return kXmpp;
    case StarttlsProtocol::kXmppServer:
      return kXmppServer;
    case StarttlsProtocol::kLdap:
      return kLdap;
    case StarttlsProtocol::kMysql:
      return kMysql;
    case StarttlsProtocol::kMssql:
      return kMssql;
    case StarttlsProtocol::kRdp:
      return kRdp;
    case StarttlsProtocol::kTelnet:
      return kTelnet;
    case StarttlsProtocol::kNats:
      return kNats;
    case StarttlsProtocol::kNone:
      break;
  }
  return {};
}

}  // namespace tracer::engine::starttls
