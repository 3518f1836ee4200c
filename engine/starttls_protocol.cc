#include "engine/starttls_protocol.h"

#include <array>

namespace tracer::engine {
namespace {

struct Entry {
  StarttlsProtocol protocol;
  std::string_view name;
  std::array<std::uint16_t, 2> ports;  // 0: none
};

constexpr std::array kTable{
    Entry{StarttlsProtocol::kNone, "none", {}},
    Entry{StarttlsProtocol::kFtp, "ftp", {21}},
    Entry{StarttlsProtocol::kSmtp, "smtp", {25, 587}},
    Entry{StarttlsProtocol::kLmtp, "lmtp", {24}},
    Entry{StarttlsProtocol::kPop3, "pop3", {110}},
    Entry{StarttlsProtocol::kNntp, "nntp", {119}},
    Entry{StarttlsProtocol::kImap, "imap", {143}},
    Entry{StarttlsProtocol::kLdap, "ldap", {389}},
    Entry{StarttlsProtocol::kMysql, "mysql", {3306}},
    Entry{StarttlsProtocol::kSieve, "sieve", {4190}},
    Entry{StarttlsProtocol::kXmpp, "xmpp", {5222}},
    Entry{StarttlsProtocol::kXmppServer, "xmpp-server", {5269}},
    Entry{StarttlsProtocol::kPostgres, "postgres", {5432}},
    Entry{StarttlsProtocol::kIrc, "irc", {6667}},
    Entry{StarttlsProtocol::kMssql, "mssql", {}},
    Entry{StarttlsProtocol::kRdp, "rdp", {}},
    Entry{StarttlsProtocol::kTelnet, "telnet", {}},
    Entry{StarttlsProtocol::kNats, "nats", {}},
};
static_assert(kTable.size() == kStarttlsProtocolCount);

}  // namespace

std::string_view starttls_name(StarttlsProtocol protocol) {
  for (const Entry& entry : kTable) {
    if (entry.protocol == protocol) return entry.name;
  }
  return "none";
}

std::optional<StarttlsProtocol> starttls_from_name(std::string_view name) {
  for (const Entry& entry : kTable) {
    if (entry.name == name) return entry.protocol;
  }
  return std::nullopt;
}

StarttlsProtocol starttls_for_port(std::uint16_t port) {
  for (const Entry& entry : kTable) {
    for (const std::uint16_t usual : entry.ports) {
      if (usual != 0 && usual == port) return entry.protocol;
    }
  }
  return StarttlsProtocol::kNone;
}

}  // namespace tracer::engine
