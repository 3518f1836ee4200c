// The protocols that can upgrade a clear connection to TLS, by name and by usual port. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tracer::engine {

enum class StarttlsProtocol : std::uint8_t {
  kNone,
  kFtp,
  kSmtp,
  kLmtp,
  kPop3,
  kNntp,
  kImap,
  kLdap,
  kMysql,
  kSieve,
  kXmpp,
  kXmppServer,
  kPostgres,
  kIrc,
  kMssql,
  kRdp,
  kTelnet,
  kNats,
};
inline constexpr int kStarttlsProtocolCount = static_cast<int>(StarttlsProtocol::kNats) + 1;

// "smtp", "xmpp-server" …; "none".
std::string_view starttls_name(StarttlsProtocol protocol);
std::optional<StarttlsProtocol> starttls_from_name(std::string_view name);
// What `auto` means on this port; kNone where TLS starts with the first byte.
StarttlsProtocol starttls_for_port(std::uint16_t port);

}  // namespace tracer::engine
