#include "ssl/path_rules.h"

#include "ssl/facts.h"
#include "ssl/name_constraints.h"
#include "ssl/policies.h"
#include "ssl/signature.h"

namespace tracer::ssl {
namespace {

constexpr std::uint32_t kMinRsaBits = 2048;
constexpr std::uint32_t kMinEcBits = 224;

std::string short_name(const DistinguishedName& name) {
  constexpr std::size_t kMaxBytes = 64;
  std::string text = name_text(name);
  if (text.empty()) return "a certificate without a name";
  if (text.size() <= kMaxBytes) return text;
  std::size_t cut = kMaxBytes;
  while (cut > 0 && (static_cast<std::uint8_t>(text[cut]) & 0xc0U) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

void check_key_strength(const CertificateView& certificate, Findings& findings) {
  const SubjectKey& key = certificate.key;
  if (key.type == KeyType::kDsa) {  // no version of TLS in use has it
    findings.add(ChainProblem::kWeak, "DSA key in " + short_subject(certificate));
    return;
  }
  const bool rsa = key.type == KeyType::kRsa || key.type == KeyType::kRsaPss;
  const std::uint32_t least = rsa ? kMinRsaBits : kMinEcBits;
  if (key.size_bits == 0 || key.size_bits >= least) return;
  findings.add(ChainProblem::kWeak, std::string(key_type_name(key.type)) + " key of " +
                                        std::to_string(key.size_bits) + " bits in " +
                                        short_subject(certificate));
}

void check_certificate(const CertificateView& certificate, Findings& findings) {
  const Extensions& extensions = certificate.extensions;
  if (!certificate.defect.empty()) {
    findings.add(ChainProblem::kMalformed, short_subject(certificate) + ": " + certificate.defect);
  }
  if (!extensions.unknown_critical.empty()) {
    findings.add(ChainProblem::kConstraint, "critical extension " + extensions.unknown_critical +
                                                " of " + short_subject(certificate) +
                                                " is not understood");
  }
  if (extensions.has(kNameConstraints) && !extensions.is_ca) {
    findings.add(ChainProblem::kConstraint,
                 "name constraints in " + short_subject(certificate) + ", which is not a CA");
  }
  check_key_strength(certificate, findings);
}

void check_leaf(const CertificateView& leaf, Findings& findings) {
  const Extensions& extensions = leaf.extensions;
  if (extensions.has(kExtendedKeyUsage) && !extensions.server_auth) {
    findings.add(ChainProblem::kConstraint,
                 short_subject(leaf) + " is not for TLS servers (extKeyUsage)");
  }
  constexpr unsigned kUsable = kDigitalSignature | kKeyEncipherment | kKeyAgreement;
  if (extensions.key_usage && (*extensions.key_usage & kUsable) == 0) {
    findings.add(ChainProblem::kConstraint,
                 short_subject(leaf) + " is not for TLS servers (keyUsage)");
  }
}

// `below`: intermediates between this CA and the leaf that are not self-issued.
void check_ca(const CertificateView& ca, bool anchor, std::size_t below, Findings& findings) {
  const Extensions& extensions = ca.extensions;
  // Version 1 has no extensions to say so; as a root it is a CA because its owner trusts it.
  const bool may_issue = extensions.is_ca || (anchor && ca.version == 1);
  if (!may_issue) {
    findings.add(ChainProblem::kConstraint, short_subject(ca) + " is not a CA certificate");
  }
  if (extensions.key_usage && (*extensions.key_usage & kKeyCertSign) == 0) {
    findings.add(ChainProblem::kConstraint,
                 short_subject(ca) + " may not sign certificates (keyUsage)");
  }
  if (extensions.path_length && below > *extensions.path_length) {
    findings.add(ChainProblem::kConstraint,
                 "the chain is longer than " + short_subject(ca) + " allows (path length)");
  }
  if (extensions.has(kExtendedKeyUsage) && !extensions.server_auth && !extensions.any_usage) {
    findings.add(ChainProblem::kConstraint,
                 short_subject(ca) + " may not certify TLS servers (extKeyUsage)");
  }
}

void check_names(std::span<const CertificateView* const> path, std::size_t ca_index,
                 std::size_t& comparisons, Findings& findings) {
  const CertificateView& ca = *path[ca_index];
  if (!ca.extensions.has(kNameConstraints)) return;
  for (std::size_t i = 0; i < ca_index; ++i) {
    if (i > 0 && path[i]->self_issued()) continue;
    const std::string name = name_outside_constraints(ca.extensions, *path[i], comparisons);
    if (name.empty()) continue;
    findings.add(ChainProblem::kConstraint,
                 short_subject(ca) + " may not certify the name " + name.substr(0, 80));
    return;
  }
}

}  // namespace

void Findings::add(ChainProblem problem, std::string sentence) {
  const auto bit = static_cast<ChainProblems>(problem);
  const auto below = static_cast<ChainProblems>(bit - 1);
  if ((problems & (bit | below)) == 0) detail = std::move(sentence);
  problems = static_cast<ChainProblems>(problems | bit);
}

std::string short_subject(const CertificateView& certificate) {
  return short_name(certificate.subject);
}

std::string short_issuer(const CertificateView& certificate) {
  return short_name(certificate.issuer);
}

Findings check_path(std::span<const CertificateView* const> path, bool anchored,
                    std::size_t max_intermediates, std::size_t& comparisons) {
  Findings findings;
  check_leaf(*path.front(), findings);
  std::size_t intermediates = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const CertificateView& certificate = *path[i];
    const bool last = i + 1 == path.size();
    const bool anchor = last && anchored;
    check_certificate(certificate, findings);
    // A root's signature on itself, and a self-signed leaf's, prove nothing either way.
    if (!anchor && !(last && certificate.self_issued()) &&
        has_weak_hash(certificate.signature_algorithm)) {
      findings.add(ChainProblem::kWeak,
                   short_subject(certificate) + " is signed with " +
                       signature_algorithm_name(certificate.signature_algorithm));
    }
    if (i == 0) continue;
    check_ca(certificate, anchor, intermediates, findings);
    check_names(path, i, comparisons, findings);
    if (!anchor && !certificate.self_issued()) ++intermediates;
  }
  const std::string fault = policy_fault(anchored ? path.first(path.size() - 1) : path);
  if (!fault.empty()) findings.add(ChainProblem::kConstraint, fault);
  if (intermediates > max_intermediates) {
    findings.add(ChainProblem::kConstraint, "the chain has " + std::to_string(intermediates) +
                                                " intermediates, which is more than is allowed");
  }
  return findings;
}

}  // namespace tracer::ssl
