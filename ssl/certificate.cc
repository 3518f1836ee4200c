#include "ssl/certificate.h"

#include <array>

#include "ssl/digest.h"
#include "ssl/facts.h"
#include "ssl/general_name.h"

namespace tracer::ssl {
namespace {

struct SignatureName {
  std::string_view oid;
  std::string_view name;
};
constexpr auto kSignatureNames = std::to_array<SignatureName>({
    {"1.2.840.113549.1.1.2", "md2WithRSAEncryption"},
    {"1.2.840.113549.1.1.4", "md5WithRSAEncryption"},
    {"1.2.840.113549.1.1.5", "sha1WithRSAEncryption"},
    {"1.2.840.113549.1.1.10", "rsassaPss"},
    {"1.2.840.113549.1.1.11", "sha256WithRSAEncryption"},
    {"1.2.840.113549.1.1.12", "sha384WithRSAEncryption"},
    {"1.2.840.113549.1.1.13", "sha512WithRSAEncryption"},
    {"1.2.840.113549.1.1.14", "sha224WithRSAEncryption"},
    {"1.2.840.10045.4.1", "ecdsa-with-SHA1"},
    {"1.2.840.10045.4.3.1", "ecdsa-with-SHA224"},
    {"1.2.840.10045.4.3.2", "ecdsa-with-SHA256"},
    {"1.2.840.10045.4.3.3", "ecdsa-with-SHA384"},
    {"1.2.840.10045.4.3.4", "ecdsa-with-SHA512"},
    {"1.2.840.10040.4.3", "dsaWithSHA1"},
    {"2.16.840.1.101.3.4.3.1", "dsa_with_SHA224"},
    {"2.16.840.1.101.3.4.3.2", "dsa_with_SHA256"},
    {"1.3.101.112", "ED25519"},
    {"1.3.101.113", "ED448"},
});

std::string lower_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t octet : bytes) {
    out += kDigits[octet >> 4U];
    out += kDigits[octet & 0xfU];
  }
  return out;
}

// As OpenSSL prints it: the magnitude without the octet that only holds the sign.
std::string serial_text(Bytes serial) {
  if (serial.size() > 1 && serial[0] == 0) return lower_hex(serial.subspan(1));
  if (serial.empty() || serial[0] < 0x80) return lower_hex(serial);
  std::vector<std::uint8_t> magnitude(serial.begin(), serial.end());
  unsigned carry = 1;
  for (auto octet = magnitude.rbegin(); octet != magnitude.rend(); ++octet) {
    const unsigned sum = static_cast<std::uint8_t>(~*octet) + carry;
    *octet = static_cast<std::uint8_t>(sum);
    carry = sum >> 8U;
  }
  return "-" + lower_hex(magnitude);
}

}  // namespace

std::string_view key_type_name(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return "RSA";
    case KeyType::kRsaPss:
      return "RSA-PSS";
    case KeyType::kEc:
      return "EC";
    case KeyType::kEd25519:
      return "Ed25519";
    case KeyType::kEd448:
      return "Ed448";
    case KeyType::kDsa:
      return "DSA";
    case KeyType::kUnknown:
      break;
  }
  return "unknown";
}

std::string signature_algorithm_name(const AlgorithmIdentifier& algorithm) {
  for (const SignatureName& entry : kSignatureNames) {
    if (entry.oid == algorithm.oid) return std::string(entry.name);
  }
  return algorithm.oid;
}

CertificateFacts facts_of(const CertificateView& view) {
  CertificateFacts facts;
  facts.subject = name_text(view.subject);
  facts.issuer = name_text(view.issuer);
  facts.serial = serial_text(view.serial);
  facts.not_before_s = view.not_before_s;
  facts.not_after_s = view.not_after_s;
  facts.fingerprint_sha256 = sha256(view.der);
  facts.key_type = view.key.type;
  facts.key_bits = view.key.size_bits;
  facts.key_curve = view.key.curve;
  facts.signature_algorithm = signature_algorithm_name(view.signature_algorithm);
  for (const GeneralName& name : view.extensions.sans) {
    facts.sans.push_back(general_name_text(name));
  }
  facts.is_ca = view.extensions.is_ca;
  facts.self_issued = view.self_issued();
  return facts;
}

tl::expected<CertificateFacts, CertificateError> read_certificate(Bytes der) {
  const auto view = parse_certificate(der);
  if (!view) return tl::make_unexpected(view.error());
  return facts_of(*view);
}

std::int64_t days_remaining(std::int64_t not_after_s, std::int64_t now_s) {
  constexpr std::int64_t kSecondsPerDay = 24 * 60 * 60;
  return (not_after_s - now_s) / kSecondsPerDay;
}

}  // namespace tracer::ssl
