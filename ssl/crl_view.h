// One certificate revocation list taken apart (RFC 5280 section 5), as spans into its DER. Internal
// to ssl/. Copies no bytes but the table of entries, so the DER must outlive the view. Any thread.
//
// A view exists for anything that is a CRL by RFC 5280's ASN.1. What keeps it from vouching for a
// certificate that it does not list is its `defect`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

struct RevokedEntry {
  Bytes serial;  // content octets
  std::int64_t revoked_s = 0;
  std::uint8_t reason = 0;  // CRLReason; 0 is unspecified
};
inline constexpr std::uint8_t kRemoveFromCrl = 8;
// "keyCompromise" (RFC 5280 section 5.3.1).
std::string_view revocation_reason_name(std::uint8_t reason);

// issuingDistributionPoint: which certificates the list speaks of.
struct CrlScope {
  PointNames point;  // none: every point
  bool only_users = false;
  bool only_cas = false;
  bool only_attributes = false;
  bool only_some_reasons = false;
  bool indirect = false;  // it lists certificates of other issuers too
};

struct CrlView {
  Bytes tbs;
  AlgorithmIdentifier signature_algorithm;
  Bytes signature;
  std::string issuer_key;  // canonical_name()
  std::int64_t this_update_s = 0;
  std::optional<std::int64_t> next_update_s;
  std::vector<RevokedEntry> entries;  // by serial
  CrlScope scope;
  // The first critical extension, of the list or of an entry, that is not understood: the entries
  // may then mean something else.
  std::string unknown_critical;
  std::string defect;  // empty when nothing is wrong

  // Null when no entry has this serial number.
  const RevokedEntry* find(Bytes serial) const;
};

tl::expected<CrlView, CertificateError> parse_crl(Bytes der);

}  // namespace tracer::ssl
