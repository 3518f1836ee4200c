// The rules for issuers: what RFC 5280 and the CA/Browser Forum's Baseline Requirements (BR) demand
// of the certificates of a path beyond what TLS clients enforce. One table of rules, each a
// predicate on a certificate and its place. Whether a broken rule fails a chain is the profile's
// matter (ssl/path_rules.h). Internal to ssl/. Any thread.
//
// docs/judgement.md lists the rules, and a unit test holds it to the table.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

enum class Place : std::uint8_t { kLeaf = 1, kIntermediate = 2, kRoot = 4 };

struct PlacedCertificate {
  const CertificateView& certificate;
  const CertificateView* issuer;  // the next of the path; null for its last
  Place place;
  bool self_signed;  // with its own key, whatever its names say; known where it matters
};

struct ConformanceRule {
  std::uint8_t places;        // Place values or-ed together
  std::string_view section;   // "RFC 5280 4.2.1.2"
  std::string_view sentence;  // of a certificate that breaks it: "has no subjectKeyIdentifier"
  bool (*broken)(const PlacedCertificate& placed);
};

std::span<const ConformanceRule> conformance_rules();

// "CN=Test Root has no subjectKeyIdentifier (RFC 5280 4.2.1.2)" for each rule that a certificate of
// the path breaks. `path`: leaf first. `anchored`: the last certificate is a trusted root.
// `is_self_signed` checks a signature with the certificate's own key; the caller bounds that work.
std::vector<std::string> nonconformities(
    std::span<const CertificateView* const> path, bool anchored,
    const std::function<bool(const CertificateView&)>& is_self_signed);

}  // namespace tracer::ssl
