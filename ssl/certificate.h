// What one X.509 certificate says (RFC 5280), read from DER by our own strict reader, because
// wolfSSL's X509 calls refuse Ed25519 and Ed448 certificates and fail on much that must still be
// reported. Values only: no I/O, no clock, no judgement. Any thread.
//
// Input is untrusted: every length is checked, nesting is bounded, and a certificate that is not
// valid DER yields a CertificateError that names the place, never a crash or a partial fact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace tracer::ssl {

using Bytes = std::span<const std::uint8_t>;

enum class KeyType : std::uint8_t { kUnknown, kRsa, kRsaPss, kEc, kEd25519, kEd448, kDsa };
// "RSA", "RSA-PSS", "EC", "Ed25519", "Ed448", "DSA", "unknown".
std::string_view key_type_name(KeyType type);

// Why bytes are not a certificate.
struct CertificateError {
  std::size_t offset;   // into the DER, bytes
  std::string message;  // such as "tbsCertificate.validity: not a UTCTime or GeneralizedTime"
};

// The facts that reports carry. Strings are valid UTF-8; what was not is escaped.
struct CertificateFacts {
  std::string subject;  // RFC 4514, most specific first: "CN=www.example.org,O=Example"
  std::string issuer;
  std::string serial;             // lower-case hexadecimal without separators
  std::int64_t not_before_s = 0;  // Unix time
  std::int64_t not_after_s = 0;
  std::array<std::uint8_t, 32> fingerprint_sha256{};
  KeyType key_type = KeyType::kUnknown;
  std::uint32_t key_bits = 0;       // 256 for P-256 and Ed25519's 256; 0 when not known
  std::string key_curve;            // "P-256" …; empty unless an EC key
  std::string signature_algorithm;  // OpenSSL's long names: "ecdsa-with-SHA256"
  std::vector<std::string> sans;    // "DNS:a.example", "IP:127.0.0.1", "email:…", "URI:…"
  bool is_ca = false;
  bool self_issued = false;  // subject and issuer are the same name
};

// Reads `der`, one whole certificate. Source: RFC 5280 section 4.1.
tl::expected<CertificateFacts, CertificateError> read_certificate(Bytes der);

// Whole days from `now_s` to `not_after_s`, rounded towards zero; negative once expired.
std::int64_t days_remaining(std::int64_t not_after_s, std::int64_t now_s);

}  // namespace tracer::ssl
