#include "ssl/conformance.h"

#include <algorithm>
#include <array>

#include "ssl/host_syntax.h"
#include "ssl/path_rules.h"

namespace tracer::ssl {
namespace {

using Placed = PlacedCertificate;

constexpr std::uint8_t kLeaf = static_cast<std::uint8_t>(Place::kLeaf);
constexpr std::uint8_t kMiddle = static_cast<std::uint8_t>(Place::kIntermediate);
constexpr std::uint8_t kRoot = static_cast<std::uint8_t>(Place::kRoot);
constexpr std::uint8_t kCa = kMiddle | kRoot;
constexpr std::uint8_t kAny = kLeaf | kCa;

bool same_bytes(Bytes a, Bytes b) { return std::ranges::equal(a, b); }

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An extension that is there, and critical though it must not be or the other way round.
template <KnownExtension kExtension>
bool is_critical(const Placed& p) {
  return p.certificate.extensions.is_critical(kExtension);
}
template <KnownExtension kExtension>
bool is_not_critical(const Placed& p) {
  const Extensions& extensions = p.certificate.extensions;
  return extensions.has(kExtension) && !extensions.is_critical(kExtension);
}
template <KnownExtension kExtension>
bool is_missing(const Placed& p) {
  return !p.certificate.extensions.has(kExtension);
}
template <KnownExtension kExtension>
bool is_present(const Placed& p) {
  return p.certificate.extensions.has(kExtension);
}
template <std::uint16_t kUsages>
bool has_usage(const Placed& p) {
  return (p.certificate.extensions.key_usage.value_or(0) & kUsages) != 0;
}

bool is_old_version(const Placed& p) { return p.certificate.version != 3; }

bool has_bad_serial(const Placed& p) {
  const Bytes serial = p.certificate.serial;
  const bool zero =
      std::all_of(serial.begin(), serial.end(), [](std::uint8_t octet) { return octet == 0; });
  return zero || serial[0] >= 0x80 || serial.size() > 20;
}

bool has_empty_issuer(const Placed& p) { return p.certificate.issuer.empty(); }
bool has_empty_subject(const Placed& p) { return p.certificate.subject.empty(); }
bool has_odd_time_form(const Placed& p) { return p.certificate.odd_time_form; }
bool has_unique_id(const Placed& p) { return p.certificate.has_unique_id; }
bool has_flaw(const Placed& p) { return !p.certificate.extensions.flaw.empty(); }

bool has_other_key(const Placed& p) {
  const SubjectKey& key = p.certificate.key;
  switch (key.type) {
    case KeyType::kRsa:
    case KeyType::kRsaPss:
      return key.size_bits % 8 != 0;
    case KeyType::kEc:
      return key.curve != "P-256" && key.curve != "P-384" && key.curve != "P-521";
    case KeyType::kEd25519:
    case KeyType::kEd448:
      return false;
    case KeyType::kDsa:
    case KeyType::kUnknown:
      break;
  }
  return true;
}

// A self-signed certificate may do without (RFC 5280 section 4.2.1.1).
bool lacks_authority_key_id(const Placed& p) {
  return p.certificate.extensions.authority_key_id.empty() && !p.self_signed;
}
bool has_empty_authority_key_id(const Placed& p) {
  const Extensions& extensions = p.certificate.extensions;
  return extensions.has(kAuthorityKeyId) && extensions.authority_key_id.empty();
}
bool names_authority_by_serial(const Placed& p) {
  return p.certificate.extensions.authority_by_serial;
}
bool has_another_authority_key_id(const Placed& p) {
  const CertificateView* issuer = p.issuer;
  if (issuer == nullptr && p.self_signed) issuer = &p.certificate;
  if (issuer == nullptr) return false;  // it is not here to compare with
  const Bytes named = p.certificate.extensions.authority_key_id;
  const Bytes there = issuer->extensions.subject_key_id;
  return !named.empty() && !there.empty() && !same_bytes(named, there);
}

bool is_ca(const Placed& p) { return p.certificate.extensions.is_ca; }
bool signs_without_being_ca(const Placed& p) {
  return has_usage<kKeyCertSign | kCrlSign>(p) && !is_ca(p);
}
bool has_no_usage(const Placed& p) { return p.certificate.extensions.key_usage == 0; }
bool has_usage_beyond_key(const Placed& p) {
  const KeyType type = p.certificate.key.type;
  const bool rsa = type == KeyType::kRsa || type == KeyType::kRsaPss;
  return rsa ? has_usage<kKeyAgreement>(p) : has_usage<kKeyEncipherment>(p);
}
bool has_any_purpose(const Placed& p) { return p.certificate.extensions.any_usage; }

bool has_uncritical_names_alone(const Placed& p) {
  return has_empty_subject(p) && is_not_critical<kSubjectAltName>(p);
}
bool has_critical_names_beside_subject(const Placed& p) {
  return !has_empty_subject(p) && is_critical<kSubjectAltName>(p);
}
bool has_odd_dns_name(const Placed& p) {
  const std::vector<GeneralName>& names = p.certificate.extensions.sans;
  return std::any_of(names.begin(), names.end(), [](const GeneralName& name) {
    return name.type == GeneralNameType::kDns &&
           !is_preferred_certificate_name(as_text(name.value));
  });
}

// Of what a common name must repeat: the host names as they stand, the addresses in their one form.
bool repeats_a_name(Bytes common_name, const std::vector<GeneralName>& names) {
  return std::any_of(names.begin(), names.end(), [common_name](const GeneralName& name) {
    if (name.type == GeneralNameType::kDns) return same_bytes(name.value, common_name);
    return name.type == GeneralNameType::kIp && address_text(name.value) == as_text(common_name);
  });
}
// A certificate that names no host is not a server's in the sense of the requirement.
bool has_odd_common_name(const Placed& p) {
  const std::vector<GeneralName>& names = p.certificate.extensions.sans;
  const bool names_hosts = std::any_of(names.begin(), names.end(), [](const GeneralName& name) {
    return name.type == GeneralNameType::kDns || name.type == GeneralNameType::kIp;
  });
  if (!names_hosts) return false;
  std::size_t count = 0;
  for (const RelativeName& part : p.certificate.subject) {
    for (const NameAttribute& attribute : part) {
      if (attribute.type != "2.5.4.3") continue;
      if (++count > 1 || !repeats_a_name(attribute.value.content, names)) return true;
    }
  }
  return false;
}

bool has_odd_dns_constraint(const Placed& p) {
  const Extensions& extensions = p.certificate.extensions;
  const auto odd = [](const GeneralName& base) {
    return base.type == GeneralNameType::kDns && !base.value.empty() &&
           !is_preferred_host_name(as_text(base.value));
  };
  return std::any_of(extensions.permitted.begin(), extensions.permitted.end(), odd) ||
         std::any_of(extensions.excluded.begin(), extensions.excluded.end(), odd);
}

bool has_other_crl_points(const Placed& p) { return p.certificate.extensions.crl_points.other; }

constexpr auto kRules = std::to_array<ConformanceRule>({
    {kAny, "BR 7.1.1", "is not of version 3", is_old_version},
    {kAny, "RFC 5280 4.1.2.2", "has a serial number that is not positive or above 20 bytes",
     has_bad_serial},
    {kAny, "RFC 5280 4.1.2.4", "has an empty issuer", has_empty_issuer},
    {kAny, "RFC 5280 4.1.2.5", "has a GeneralizedTime for a date before 2050", has_odd_time_form},
    {kCa, "RFC 5280 4.1.2.6", "is a CA with an empty subject", has_empty_subject},
    {kAny, "RFC 5280 4.1.2.8", "has a unique identifier", has_unique_id},
    {kAny, "BR 6.1.5", "has a key of a kind or size that is not allowed", has_other_key},
    {kAny, "RFC 5280 4.2", "has an extension that cannot be read", has_flaw},
    {kAny, "RFC 5280 4.2.1.1", "has no authorityKeyIdentifier", lacks_authority_key_id},
    {kAny, "BR 7.1.2.11.1", "has an authorityKeyIdentifier without a keyIdentifier",
     has_empty_authority_key_id},
    {kAny, "BR 7.1.2.11.1", "names its issuer's certificate in its authorityKeyIdentifier",
     names_authority_by_serial},
    {kAny, "BR 7.1.2.11.1", "has an authorityKeyIdentifier that is not its issuer's",
     has_another_authority_key_id},
    {kAny, "RFC 5280 4.2.1.1", "has a critical authorityKeyIdentifier",
     is_critical<kAuthorityKeyId>},
    {kCa, "RFC 5280 4.2.1.2", "is a CA without a subjectKeyIdentifier", is_missing<kSubjectKeyId>},
    {kAny, "RFC 5280 4.2.1.2", "has a critical subjectKeyIdentifier", is_critical<kSubjectKeyId>},
    {kCa, "RFC 5280 4.2.1.3", "is a CA without a keyUsage", is_missing<kKeyUsageExtension>},
    {kAny, "RFC 5280 4.2.1.3", "has a keyUsage without any usage", has_no_usage},
    {kAny, "RFC 5280 4.2.1.9", "may sign certificates or CRLs but is no CA",
     signs_without_being_ca},
    {kLeaf, "BR 7.1.2.7.11", "has a keyUsage that does not fit its key", has_usage_beyond_key},
    {kLeaf, "BR 7.1.2.7.12", "has no subjectAltName", is_missing<kSubjectAltName>},
    {kAny, "RFC 5280 4.2.1.6", "has an empty subject and a subjectAltName that is not critical",
     has_uncritical_names_alone},
    {kLeaf, "BR 7.1.2.7.12", "has a subject and a subjectAltName that is critical",
     has_critical_names_beside_subject},
    {kAny, "RFC 5280 4.2.1.6", "has a dNSName that is no host name", has_odd_dns_name},
    {kLeaf, "BR 7.1.4.3", "has a common name that is not among its alternative names",
     has_odd_common_name},
    {kCa, "RFC 5280 4.2.1.9", "is a CA whose basicConstraints are not critical",
     is_not_critical<kBasicConstraints>},
    {kLeaf, "BR 7.1.2.7.8", "is a CA", is_ca},
    {kCa, "RFC 5280 4.2.1.10", "has a name constraint that is no host name",
     has_odd_dns_constraint},
    {kCa, "RFC 5280 4.2.1.11", "has policyConstraints that are not critical",
     is_not_critical<kPolicyConstraints>},
    {kLeaf, "BR 7.1.2.7.6", "has no extKeyUsage", is_missing<kExtendedKeyUsage>},
    {kLeaf, "BR 7.1.2.7.6", "has a critical extKeyUsage", is_critical<kExtendedKeyUsage>},
    {kLeaf, "BR 7.1.2.7.10", "is for any purpose (anyExtendedKeyUsage)", has_any_purpose},
    {kRoot, "BR 7.1.2.1.2", "is a root with an extKeyUsage", is_present<kExtendedKeyUsage>},
    {kAny, "BR 7.1.2.11.2", "has a CRL distribution point that is no URI", has_other_crl_points},
    {kCa, "RFC 5280 4.2.1.14", "has an inhibitAnyPolicy that is not critical",
     is_not_critical<kInhibitAnyPolicy>},
    {kAny, "RFC 5280 4.2.2.1", "has a critical authorityInfoAccess",
     is_critical<kAuthorityInfoAccess>},
});

}  // namespace

std::span<const ConformanceRule> conformance_rules() { return kRules; }

std::vector<std::string> nonconformities(
    std::span<const CertificateView* const> path, bool anchored,
    const std::function<bool(const CertificateView&)>& is_self_signed) {
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const CertificateView& certificate = *path[i];
    const bool last = i + 1 == path.size();
    PlacedCertificate placed{certificate, last ? nullptr : path[i + 1], Place::kIntermediate,
                             false};
    if (i == 0) {
      placed.place = Place::kLeaf;
    } else if (last && anchored) {
      placed.place = Place::kRoot;
    }
    if (last || certificate.extensions.authority_key_id.empty()) {
      placed.self_signed = is_self_signed(certificate);
    }
    for (const ConformanceRule& rule : kRules) {
      const bool applies = (rule.places & static_cast<std::uint8_t>(placed.place)) != 0;
      if (!applies || !rule.broken(placed)) continue;
      sentences.push_back(short_subject(certificate) + " " + std::string(rule.sentence) + " (" +
                          std::string(rule.section) + ")");
    }
  }
  return sentences;
}

}  // namespace tracer::ssl
