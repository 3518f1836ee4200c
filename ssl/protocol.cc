#include "ssl/protocol.h"

#include <array>
#include <cstdio>
#include <span>

#include "ssl/cipher_suites.h"

namespace tracer::ssl {
namespace {

struct Name {
  std::uint16_t wire_value;
  std::string_view name;
};

constexpr auto kGroups = std::to_array<Name>({
    {0x0001, "sect163k1"},
    {0x0002, "sect163r1"},
    {0x0003, "sect163r2"},
    {0x0004, "sect193r1"},
    {0x0005, "sect193r2"},
    {0x0006, "sect233k1"},
    {0x0007, "sect233r1"},
    {0x0008, "sect239k1"},
    {0x0009, "sect283k1"},
    {0x000a, "sect283r1"},
    {0x000b, "sect409k1"},
    {0x000c, "sect409r1"},
    {0x000d, "sect571k1"},
    {0x000e, "sect571r1"},
    {0x000f, "secp160k1"},
    {0x0010, "secp160r1"},
    {0x0011, "secp160r2"},
    {0x0012, "secp192k1"},
    {0x0013, "P-192"},
    {0x0014, "secp224k1"},
    {0x0015, "P-224"},
    {0x0016, "secp256k1"},
    {0x0017, "P-256"},
    {0x0018, "P-384"},
    {0x0019, "P-521"},
    {0x001a, "brainpoolP256r1"},
    {0x001b, "brainpoolP384r1"},
    {0x001c, "brainpoolP512r1"},
    {0x001d, "X25519"},
    {0x001e, "X448"},
    {0x001f, "brainpoolP256r1tls13"},
    {0x0020, "brainpoolP384r1tls13"},
    {0x0021, "brainpoolP512r1tls13"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
    {0x0200, "MLKEM512"},
    {0x0201, "MLKEM768"},
    {0x0202, "MLKEM1024"},
    {0x11eb, "SecP256r1MLKEM768"},
    {0x11ec, "X25519MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
});

constexpr auto kAlerts = std::to_array<Name>({
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {52, "too_many_cids_requested"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
});

std::string_view find_name(std::span<const Name> names, std::uint16_t wire_value) {
  for (const Name& entry : names) {
    if (entry.wire_value == wire_value) return entry.name;
  }
  return {};
}

std::string hex_name(std::uint16_t wire_value) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", wire_value);
  return text.data();
}

}  // namespace

std::string protocol_name(std::uint16_t wire_value) {
  switch (wire_value) {
    case 0x0301:
      return "TLSv1.0";
    case 0x0302:
      return "TLSv1.1";
    case 0x0303:
      return "TLSv1.2";
    case 0x0304:
      return "TLSv1.3";
    default:
      return hex_name(wire_value);
  }
}

std::optional<ProtocolVersion> protocol_from_name(std::string_view name) {
  if (name == "TLSv1.0") return ProtocolVersion::kTls10;
  if (name == "TLSv1.1") return ProtocolVersion::kTls11;
  if (name == "TLSv1.2") return ProtocolVersion::kTls12;
  if (name == "TLSv1.3") return ProtocolVersion::kTls13;
  return std::nullopt;
}

std::string group_name(std::uint16_t wire_value) {
  const std::string_view name = find_name(kGroups, wire_value);
  return name.empty() ? hex_name(wire_value) : std::string(name);
}

std::string cipher_suite_name(std::uint16_t wire_value) {
  const std::string_view name = known_cipher_suite(wire_value);
  return name.empty() ? hex_name(wire_value) : std::string(name);
}

std::string alert_name(std::uint8_t wire_value) {
  const std::string_view name = find_name(kAlerts, wire_value);
  return name.empty() ? "alert_" + std::to_string(wire_value) : std::string(name);
}

}  // namespace tracer::ssl
