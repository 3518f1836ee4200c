// One certificate taken apart: what the facts and the building of paths need, as spans into its
// DER. Internal to ssl/. Copies no bytes, so the DER must outlive the view. Any thread.
//
// A view exists for anything that is a certificate by RFC 5280's ASN.1, so that bad ones can be
// reported too. What is wrong inside it (an extension that cannot be read, one that appears twice)
// is its `defect`: with one, the certificate must not be part of a path. A flaw that clients pass
// over (an authorityInfoAccess that cannot be read) is only noted, for ssl/conformance.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl/certificate.h"
#include "ssl/distinguished_name.h"

namespace tracer::ssl {

struct AlgorithmIdentifier {
  std::string oid;   // dotted
  Bytes parameters;  // whole element; empty when absent
  Bytes whole;
};

struct SubjectKey {
  AlgorithmIdentifier algorithm;
  Bytes bits;  // of the BIT STRING
  KeyType type = KeyType::kUnknown;
  std::uint32_t size_bits = 0;
  std::string curve;  // "P-256" …, dotted for a curve without a name here
};

// RFC 5280 section 4.2.1.6; the values are its context tags.
enum class GeneralNameType : std::uint8_t {
  kOther = 0,
  kEmail = 1,
  kDns = 2,
  kX400 = 3,
  kDirectory = 4,
  kEdiParty = 5,
  kUri = 6,
  kIp = 7,
  kRegisteredId = 8,
};
struct GeneralName {
  GeneralNameType type;
  Bytes value;                  // content octets
  DistinguishedName directory;  // of kDirectory
};

// Bits of keyUsage, most significant first (RFC 5280 section 4.2.1.3).
enum KeyUsage : std::uint16_t {
  kDigitalSignature = 0x8000,
  kKeyEncipherment = 0x2000,
  kKeyAgreement = 0x0800,
  kKeyCertSign = 0x0400,
  kCrlSign = 0x0200,
};

// The extensions that are understood, as bits of Extensions::present and Extensions::critical.
enum KnownExtension : std::uint32_t {
  kSubjectKeyId = 1U << 0,
  kKeyUsageExtension = 1U << 1,
  kSubjectAltName = 1U << 2,
  kBasicConstraints = 1U << 3,
  kNameConstraints = 1U << 4,
  kCrlDistributionPoints = 1U << 5,
  kCertificatePolicies = 1U << 6,
  kPolicyMappings = 1U << 7,
  kAuthorityKeyId = 1U << 8,
  kPolicyConstraints = 1U << 9,
  kExtendedKeyUsage = 1U << 10,
  kInhibitAnyPolicy = 1U << 11,
  kAuthorityInfoAccess = 1U << 12,
};

// The names of a DistributionPointName (RFC 5280 sections 4.2.1.13 and 5.2.5).
struct PointNames {
  std::vector<Bytes> uris;
  bool other = false;  // some name that is not a URI
};

struct Extensions {
  std::uint32_t present = 0;   // KnownExtension bits
  std::uint32_t critical = 0;  // of these
  bool is_ca = false;
  std::optional<std::uint32_t> path_length;
  std::optional<std::uint16_t> key_usage;
  bool server_auth = false;
  bool any_usage = false;
  bool ocsp_signing = false;
  std::vector<GeneralName> sans;
  std::vector<GeneralName> permitted;
  std::vector<GeneralName> excluded;
  Bytes subject_key_id;
  Bytes authority_key_id;
  bool authority_by_serial = false;   // authorityCertIssuer or authorityCertSerialNumber
  std::vector<std::string> policies;  // dotted
  std::vector<std::pair<std::string, std::string>> policy_mappings;
  std::optional<std::uint32_t> require_explicit_policy;  // after so many certificates
  std::optional<std::uint32_t> inhibit_policy_mapping;
  std::optional<std::uint32_t> inhibit_any_policy;
  PointNames crl_points;
  std::string unknown_critical;  // the first critical extension that is not understood, dotted
  std::string flaw;              // what could not be read of an extension that clients pass over

  bool has(KnownExtension extension) const { return (present & extension) != 0; }
  bool is_critical(KnownExtension extension) const { return (critical & extension) != 0; }
};

struct CertificateView {
  Bytes der;
  Bytes tbs;
  int version = 1;
  Bytes serial;
  AlgorithmIdentifier signature_algorithm;
  Bytes signature;
  DistinguishedName issuer;
  DistinguishedName subject;
  std::string issuer_key;  // canonical_name()
  std::string subject_key;
  std::int64_t not_before_s = 0;
  std::int64_t not_after_s = 0;
  SubjectKey key;
  Extensions extensions;
  bool has_unique_id = false;  // of issuer or subject
  bool odd_time_form = false;  // a GeneralizedTime for a date that UTCTime can say
  std::string defect;          // empty when nothing is wrong

  bool self_issued() const { return issuer_key == subject_key; }
};

tl::expected<CertificateView, CertificateError> parse_certificate(Bytes der);

// For what else is signed, such as a CRL.
AlgorithmIdentifier read_algorithm(der::Cursor& cursor, std::string_view what);

}  // namespace tracer::ssl
