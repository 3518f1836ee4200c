#include "ssl/certificate_view.h"

#include <algorithm>
#include <array>
#include <bit>

#include "ssl/extensions.h"
#include "ssl/limits.h"

namespace tracer::ssl {
namespace {

struct Curve {
  std::string_view oid;
  std::string_view name;
  std::uint32_t size_bits;
};
constexpr auto kCurves = std::to_array<Curve>({
    {"1.2.840.10045.3.1.7", "P-256", 256},
    {"1.3.132.0.34", "P-384", 384},
    {"1.3.132.0.35", "P-521", 521},
    {"1.3.132.0.33", "P-224", 224},
    {"1.2.840.10045.3.1.1", "P-192", 192},
    {"1.3.132.0.10", "secp256k1", 256},
    {"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256},
    {"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384},
    {"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512},
});

std::uint32_t bit_length(Bytes unsigned_integer) {
  const auto first = std::find_if(unsigned_integer.begin(), unsigned_integer.end(),
                                  [](std::uint8_t octet) { return octet != 0; });
  if (first == unsigned_integer.end()) return 0;
  const auto rest = static_cast<std::uint32_t>(unsigned_integer.end() - first - 1);
  return rest * 8 + static_cast<std::uint32_t>(std::bit_width(*first));
}

// The modulus of an RSAPublicKey (RFC 8017 appendix A.1.1); 0 when it is not one.
std::uint32_t rsa_size(Bytes key) {
  der::Document document(key);
  der::Cursor cursor(document);
  der::Cursor fields = cursor.enter(der::kSequence, "RSAPublicKey");
  const Bytes modulus = der::read_integer(fields, "modulus");
  der::read_integer(fields, "publicExponent");
  fields.finish("RSAPublicKey");
  return document.failed() ? 0 : bit_length(modulus);
}

// DSA's p, from Dss-Parms (RFC 3279 section 2.3.2); 0 when it is inherited.
std::uint32_t dsa_size(Bytes parameters) {
  if (parameters.empty()) return 0;
  der::Document document(parameters);
  der::Cursor cursor(document);
  der::Cursor fields = cursor.enter(der::kSequence, "Dss-Parms");
  const Bytes p = der::read_integer(fields, "p");
  return document.failed() ? 0 : bit_length(p);
}

void classify_ec(SubjectKey& key) {
  key.type = KeyType::kEc;
  der::Document document(key.algorithm.parameters);
  der::Cursor cursor(document);
  // Curves written out as parameters have no name, and nothing in TLS uses them.
  const std::string oid = der::read_object_identifier(cursor, "namedCurve");
  const auto* curve =
      std::find_if(kCurves.begin(), kCurves.end(), [&oid](const Curve& c) { return c.oid == oid; });
  if (curve == kCurves.end()) {
    key.curve = oid;
    return;
  }
  key.curve = curve->name;
  key.size_bits = curve->size_bits;
}

void classify_key(SubjectKey& key) {
  const std::string& oid = key.algorithm.oid;
  if (oid == "1.2.840.113549.1.1.1" || oid == "1.2.840.113549.1.1.10") {
    key.type = oid.ends_with(".10") ? KeyType::kRsaPss : KeyType::kRsa;
    key.size_bits = rsa_size(key.bits);
  } else if (oid == "1.2.840.10045.2.1") {
    classify_ec(key);
  } else if (oid == "1.3.101.112") {
    key.type = KeyType::kEd25519;
    key.size_bits = 256;
  } else if (oid == "1.3.101.113") {
    key.type = KeyType::kEd448;
    key.size_bits = 456;
  } else if (oid == "1.2.840.10040.4.1") {
    key.type = KeyType::kDsa;
    key.size_bits = dsa_size(key.algorithm.parameters);
  }
}

SubjectKey read_key(der::Cursor& tbs) {
  constexpr std::string_view kWhat = "tbsCertificate.subjectPublicKeyInfo";
  SubjectKey key;
  der::Cursor fields = tbs.enter(der::kSequence, kWhat);
  key.algorithm = read_algorithm(fields, kWhat);
  key.bits = der::read_octet_aligned_bits(fields, kWhat);
  fields.finish(kWhat);
  if (!fields.failed()) classify_key(key);
  return key;
}

void read_version(der::Cursor& tbs, CertificateView& view) {
  constexpr std::string_view kWhat = "tbsCertificate.version";
  if (!tbs.next_is(der::context_constructed(0))) return;
  der::Cursor field = tbs.enter(der::context_constructed(0), kWhat);
  const std::int64_t version = der::read_small_integer(field, kWhat);
  field.finish(kWhat);
  if (version > 2) tbs.fail(kWhat, "beyond version 3");
  view.version = static_cast<int>(version) + 1;
}

// RFC 5280 section 4.1.2.5: UTCTime through the year 2049.
std::int64_t read_validity_time(der::Cursor& validity, std::string_view what,
                                CertificateView& view) {
  constexpr std::int64_t kYear2050_s = 2524608000;
  const bool generalized = validity.next_is(der::kGeneralizedTime);
  const std::int64_t time_s = der::read_time(validity, what);
  if (generalized && time_s < kYear2050_s) view.odd_time_form = true;
  return time_s;
}

void read_tbs(der::Cursor& tbs, CertificateView& view) {
  read_version(tbs, view);
  view.serial = der::read_integer(tbs, "tbsCertificate.serialNumber");
  const AlgorithmIdentifier inner = read_algorithm(tbs, "tbsCertificate.signature");
  view.signature_algorithm = inner;
  view.issuer = read_name(tbs, "tbsCertificate.issuer");
  der::Cursor validity = tbs.enter(der::kSequence, "tbsCertificate.validity");
  view.not_before_s = read_validity_time(validity, "tbsCertificate.validity.notBefore", view);
  view.not_after_s = read_validity_time(validity, "tbsCertificate.validity.notAfter", view);
  validity.finish("tbsCertificate.validity");
  view.subject = read_name(tbs, "tbsCertificate.subject");
  view.key = read_key(tbs);
  const bool issuer_id = tbs.read_if(der::context(1), "tbsCertificate.issuerUniqueID").has_value();
  const bool subject_id =
      tbs.read_if(der::context(2), "tbsCertificate.subjectUniqueID").has_value();
  view.has_unique_id = issuer_id || subject_id;
  if (tbs.next_is(der::context_constructed(3))) {
    der::Cursor list = tbs.enter(der::context_constructed(3), "tbsCertificate.extensions");
    read_extensions(list, view);
    list.finish("tbsCertificate.extensions");
    if (view.version != 3) view.defect = "extensions in a certificate before version 3";
  }
  tbs.finish("tbsCertificate");
}

}  // namespace

AlgorithmIdentifier read_algorithm(der::Cursor& cursor, std::string_view what) {
  const der::Element element = cursor.read(der::kSequence, what);
  der::Cursor fields = cursor.inside(element, what);
  AlgorithmIdentifier algorithm;
  algorithm.whole = element.whole;
  algorithm.oid = der::read_object_identifier(fields, what);
  if (!fields.at_end()) algorithm.parameters = fields.read_any(what).whole;
  fields.finish(what);
  return algorithm;
}

tl::expected<CertificateView, CertificateError> parse_certificate(Bytes der) {
  if (der.size() > limits::kMaxCertificateBytes) {
    return tl::make_unexpected(CertificateError{0, "certificate: larger than the limit"});
  }
  CertificateView view;
  view.der = der;
  der::Document document(der);
  der::Cursor cursor(document);
  der::Cursor certificate = cursor.enter(der::kSequence, "certificate");
  cursor.finish("certificate");
  const der::Element tbs_element = certificate.read(der::kSequence, "tbsCertificate");
  view.tbs = tbs_element.whole;
  der::Cursor tbs = certificate.inside(tbs_element, "tbsCertificate");
  read_tbs(tbs, view);
  const AlgorithmIdentifier outer = read_algorithm(certificate, "signatureAlgorithm");
  view.signature = der::read_octet_aligned_bits(certificate, "signature");
  certificate.finish("certificate");
  if (document.failed()) return tl::make_unexpected(document.failure());
  if (!std::ranges::equal(outer.whole, view.signature_algorithm.whole)) {
    view.defect = "signatureAlgorithm differs from tbsCertificate.signature";
  }
  view.issuer_key = canonical_name(view.issuer);
  view.subject_key = canonical_name(view.subject);
  return view;
}

}  // namespace tracer::ssl
