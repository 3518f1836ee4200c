// One certificate taken apart: what the facts and the building of paths need, as spans into its
// DER. Internal to ssl/. Copies no bytes, so the DER must outlive the view. Any thread.
//
// A view exists for anything that is a certificate by RFC 5280's ASN.1, so that bad ones can be
// reported too. What is wrong inside it (an extension that cannot be read, one that appears twice)
// is its `defect`: with one, the certificate must not be part of a path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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
};

struct Extensions {
  bool has_basic_constraints = false;
  bool is_ca = false;
  std::optional<std::uint32_t> path_length;
  std::optional<std::uint16_t> key_usage;
  bool has_extended_key_usage = false;
  bool server_auth = false;
  bool any_usage = false;
  bool has_san = false;
  std::vector<GeneralName> sans;
  bool has_name_constraints = false;
  std::vector<GeneralName> permitted;
  std::vector<GeneralName> excluded;
  Bytes subject_key_id;
  Bytes authority_key_id;
  std::string unknown_critical;  // the first critical extension that is not understood, dotted
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
  std::string defect;  // empty when nothing is wrong

  bool self_issued() const { return issuer_key == subject_key; }
};

tl::expected<CertificateView, CertificateError> parse_certificate(Bytes der);

}  // namespace tracer::ssl
