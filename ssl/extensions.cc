#include "ssl/extensions.h"

#include <algorithm>
#include <array>

#include "ssl/general_name.h"
#include "ssl/limits.h"

namespace tracer::ssl {
namespace {

void read_basic_constraints(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "basicConstraints";
  der::Cursor fields = value.enter(der::kSequence, kWhat);
  if (fields.next_is(der::kBoolean)) out.is_ca = der::read_boolean(fields, kWhat);
  if (fields.next_is(der::kInteger)) {
    out.path_length = static_cast<std::uint32_t>(der::read_small_integer(fields, kWhat));
    if (!out.is_ca) fields.fail(kWhat, "a path length without the CA flag");
  }
  fields.finish(kWhat);
}

void read_key_usage(der::Cursor& value, Extensions& out) {
  out.key_usage = der::read_named_bits(value, "keyUsage");
}

void read_extended_key_usage(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "extKeyUsage";
  der::Cursor purposes = value.enter(der::kSequence, kWhat);
  do {
    const std::string purpose = der::read_object_identifier(purposes, kWhat);
    if (purpose == "1.3.6.1.5.5.7.3.1") out.server_auth = true;
    if (purpose == "1.3.6.1.5.5.7.3.9") out.ocsp_signing = true;
    if (purpose == "2.5.29.37.0") out.any_usage = true;
  } while (!purposes.at_end());
}

void read_subject_alternative_name(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "subjectAltName";
  der::Cursor names = value.enter(der::kSequence, kWhat);
  do {
    GeneralName name = read_general_name(names, kWhat);
    if (name.type == GeneralNameType::kIp && name.value.size() != 4 && name.value.size() != 16) {
      names.fail(kWhat, "an IP address that is neither 4 nor 16 bytes");
    }
    if (out.sans.size() == limits::kMaxGeneralNames) names.fail(kWhat, "too many names");
    out.sans.push_back(std::move(name));
  } while (!names.at_end());
}

bool is_contiguous_mask(Bytes mask) {
  bool ended = false;
  for (const std::uint8_t octet : mask) {
    for (unsigned bit = 0x80; bit != 0; bit >>= 1U) {
      const bool set = (octet & bit) != 0;
      if (set && ended) return false;
      if (!set) ended = true;
    }
  }
  return true;
}

void read_subtrees(der::Cursor& fields, std::uint8_t number, std::vector<GeneralName>& out) {
  constexpr std::string_view kWhat = "nameConstraints";
  const auto list = fields.read_if(der::context_constructed(number), kWhat);
  if (!list) return;
  der::Cursor subtrees = fields.inside(*list, kWhat);
  do {
    der::Cursor subtree = subtrees.enter(der::kSequence, kWhat);
    GeneralName base = read_general_name(subtree, kWhat);
    // minimum 0 is the default and maximum must be absent: nothing else may follow.
    subtree.finish(kWhat);
    if (base.type == GeneralNameType::kIp) {
      const std::size_t half = base.value.size() / 2;
      if ((half != 4 && half != 16) || base.value.size() % 2 != 0 ||
          !is_contiguous_mask(base.value.subspan(half))) {
        subtrees.fail(kWhat, "not an address range");
      }
    }
    if (out.size() == limits::kMaxGeneralNames) subtrees.fail(kWhat, "too many names");
    out.push_back(std::move(base));
  } while (!subtrees.at_end());
}

void read_name_constraints(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "nameConstraints";
  der::Cursor fields = value.enter(der::kSequence, kWhat);
  if (fields.at_end()) fields.fail(kWhat, "empty");
  read_subtrees(fields, 0, out.permitted);
  read_subtrees(fields, 1, out.excluded);
  fields.finish(kWhat);
}

void read_subject_key_id(der::Cursor& value, Extensions& out) {
  out.subject_key_id = value.read(der::kOctetString, "subjectKeyIdentifier").content;
}

void read_authority_key_id(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "authorityKeyIdentifier";
  der::Cursor fields = value.enter(der::kSequence, kWhat);
  if (const auto id = fields.read_if(der::context(0), kWhat)) out.authority_key_id = id->content;
  const bool by_issuer = fields.read_if(der::context_constructed(1), kWhat).has_value();
  const bool by_serial = fields.read_if(der::context(2), kWhat).has_value();
  out.authority_by_serial = by_issuer || by_serial;
  fields.finish(kWhat);
}

void read_crl_distribution_points(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "cRLDistributionPoints";
  der::Cursor points = value.enter(der::kSequence, kWhat);
  do {
    der::Cursor point = points.enter(der::kSequence, kWhat);
    if (point.next_is(der::context_constructed(0))) {
      der::Cursor name = point.enter(der::context_constructed(0), kWhat);
      read_point_names(name, kWhat, out.crl_points);
      name.finish(kWhat);
    }
    point.read_if(der::context(1), kWhat);
    if (point.read_if(der::context_constructed(2), kWhat)) out.crl_points.other = true;
    point.finish(kWhat);
  } while (!points.at_end());
}

void read_authority_info_access(der::Cursor& value, Extensions&) {
  constexpr std::string_view kWhat = "authorityInfoAccess";
  der::Cursor descriptions = value.enter(der::kSequence, kWhat);
  do {
    der::Cursor description = descriptions.enter(der::kSequence, kWhat);
    der::read_object_identifier(description, kWhat);
    read_general_name(description, kWhat);
    description.finish(kWhat);
  } while (!descriptions.at_end());
}

void read_policies(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "certificatePolicies";
  der::Cursor list = value.enter(der::kSequence, kWhat);
  do {
    der::Cursor policy = list.enter(der::kSequence, kWhat);
    if (out.policies.size() == limits::kMaxPolicies) list.fail(kWhat, "too many policies");
    out.policies.push_back(der::read_object_identifier(policy, kWhat));
  } while (!list.at_end());
}

void read_policy_mappings(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "policyMappings";
  der::Cursor list = value.enter(der::kSequence, kWhat);
  do {
    der::Cursor mapping = list.enter(der::kSequence, kWhat);
    std::string from = der::read_object_identifier(mapping, kWhat);
    std::string to = der::read_object_identifier(mapping, kWhat);
    mapping.finish(kWhat);
    if (out.policy_mappings.size() == limits::kMaxPolicies) list.fail(kWhat, "too many policies");
    out.policy_mappings.emplace_back(std::move(from), std::move(to));
  } while (!list.at_end());
}

// An INTEGER under a context tag.
std::optional<std::uint32_t> read_skip(der::Cursor& fields, std::uint8_t number,
                                       std::string_view what) {
  const auto element = fields.read_if(der::context(number), what);
  if (!element) return std::nullopt;
  const Bytes octets = element->content;
  if (octets.empty() || octets.size() > 4 || octets[0] >= 0x80) {
    fields.fail(*element, what, "not a number of certificates");
    return std::nullopt;
  }
  std::uint32_t skip = 0;
  for (const std::uint8_t octet : octets) skip = skip << 8U | octet;
  return skip;
}

void read_policy_constraints(der::Cursor& value, Extensions& out) {
  constexpr std::string_view kWhat = "policyConstraints";
  der::Cursor fields = value.enter(der::kSequence, kWhat);
  if (fields.at_end()) fields.fail(kWhat, "empty");
  out.require_explicit_policy = read_skip(fields, 0, kWhat);
  out.inhibit_policy_mapping = read_skip(fields, 1, kWhat);
  fields.finish(kWhat);
}

void read_inhibit_any_policy(der::Cursor& value, Extensions& out) {
  out.inhibit_any_policy =
      static_cast<std::uint32_t>(der::read_small_integer(value, "inhibitAnyPolicy"));
}

// Of an extension that says where to look, or which policy was followed, clients take no notice,
// and a flaw in it is no defect of the certificate.
enum class Weight : std::uint8_t { kDecides, kInforms };

struct Handler {
  std::string_view oid;
  KnownExtension extension;
  void (*read)(der::Cursor& value, Extensions& out);
  Weight weight = Weight::kDecides;
};
constexpr auto kHandlers = std::to_array<Handler>({
    {"2.5.29.14", kSubjectKeyId, read_subject_key_id},
    {"2.5.29.15", kKeyUsageExtension, read_key_usage},
    {"2.5.29.17", kSubjectAltName, read_subject_alternative_name},
    {"2.5.29.19", kBasicConstraints, read_basic_constraints},
    {"2.5.29.30", kNameConstraints, read_name_constraints},
    {"2.5.29.31", kCrlDistributionPoints, read_crl_distribution_points, Weight::kInforms},
    {"2.5.29.32", kCertificatePolicies, read_policies, Weight::kInforms},
    {"2.5.29.33", kPolicyMappings, read_policy_mappings},
    {"2.5.29.35", kAuthorityKeyId, read_authority_key_id},
    {"2.5.29.36", kPolicyConstraints, read_policy_constraints},
    {"2.5.29.37", kExtendedKeyUsage, read_extended_key_usage},
    {"2.5.29.54", kInhibitAnyPolicy, read_inhibit_any_policy},
    {"1.3.6.1.5.5.7.1.1", kAuthorityInfoAccess, read_authority_info_access, Weight::kInforms},
});

void read_one(const std::string& oid, bool critical, Bytes payload, CertificateView& view) {
  Extensions& extensions = view.extensions;
  const auto* handler = std::find_if(kHandlers.begin(), kHandlers.end(),
                                     [&oid](const Handler& h) { return h.oid == oid; });
  const bool understood = handler != kHandlers.end();
  if (critical && (!understood || handler->extension == kAuthorityInfoAccess) &&
      extensions.unknown_critical.empty()) {
    extensions.unknown_critical = oid;
  }
  if (!understood) return;
  extensions.present |= handler->extension;
  if (critical) extensions.critical |= handler->extension;
  der::Document document(payload);
  der::Cursor value(document);
  handler->read(value, extensions);
  value.finish("extension");
  if (!document.failed()) return;
  std::string& fault = handler->weight == Weight::kDecides ? view.defect : extensions.flaw;
  if (fault.empty()) fault = document.failure().message;
}

}  // namespace

void read_extensions(der::Cursor& list, CertificateView& view) {
  constexpr std::string_view kWhat = "tbsCertificate.extensions";
  der::Cursor extensions = list.enter(der::kSequence, kWhat);
  std::vector<std::string> seen;
  do {
    der::Cursor extension = extensions.enter(der::kSequence, kWhat);
    std::string oid = der::read_object_identifier(extension, kWhat);
    bool critical = false;
    if (extension.next_is(der::kBoolean)) critical = der::read_boolean(extension, kWhat);
    const der::Element payload = extension.read(der::kOctetString, kWhat);
    extension.finish(kWhat);
    if (seen.size() == limits::kMaxExtensions) extension.fail(kWhat, "too many extensions");
    if (extensions.failed()) return;
    if (std::find(seen.begin(), seen.end(), oid) != seen.end()) {
      if (view.defect.empty()) view.defect = "extension " + oid + " appears twice";
      continue;
    }
    read_one(oid, critical, payload.content, view);
    seen.push_back(std::move(oid));
  } while (!extensions.at_end());
}

}  // namespace tracer::ssl
