// Names for the numbers of the TLS registries (IANA "TLS Parameters"): protocol versions, cipher
// suites, key-exchange groups and alerts. Pure functions over static tables; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tracer::ssl {

// The wire value of ProtocolVersion (RFC 8446 section 4.1.2).
enum class ProtocolVersion : std::uint16_t {
  kTls10 = 0x0301,
  kTls11 = 0x0302,
  kTls12 = 0x0303,
  kTls13 = 0x0304,
};

// "TLSv1.2" and so on; SSLv3 and values that are not assigned appear as "0x0300".
std::string protocol_name(std::uint16_t wire_value);
// The four spellings "TLSv1.0" … "TLSv1.3"; nothing else.
std::optional<ProtocolVersion> protocol_from_name(std::string_view name);

// The IANA name, such as "TLS_AES_128_GCM_SHA256"; "0x1301"-like for a number not in the table.
std::string cipher_suite_name(std::uint16_t wire_value);
// True for an IANA cipher suite name that the table knows (used to refuse typing errors).
bool is_cipher_suite_name(std::string_view name);

// "P-256", "P-384", "P-521", "X25519", "X448", "ffdhe2048" …; "0x0017"-like otherwise.
std::string group_name(std::uint16_t wire_value);

// "handshake_failure" and so on (RFC 8446 section 6); "alert_123" for a number not assigned.
std::string alert_name(std::uint8_t wire_value);

}  // namespace tracer::ssl
