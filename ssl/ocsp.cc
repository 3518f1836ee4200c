#include "ssl/ocsp.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl/certificate_view.h"
#include "ssl/crl_view.h"
#include "ssl/digest.h"
#include "ssl/limits.h"
#include "ssl/path_rules.h"
#include "ssl/roots.h"
#include "ssl/signature.h"
#include "ssl/utc_text.h"

namespace tracer::ssl {
namespace {

constexpr std::uint8_t kEnumerated = 0x0a;

struct SingleAnswer {
  OcspStatus status = OcspStatus::kUnknown;
  std::int64_t revoked_s = 0;
  std::uint8_t reason = 0;
  std::int64_t this_update_s = 0;
  std::optional<std::int64_t> next_update_s;
};

struct Response {
  Bytes tbs;
  AlgorithmIdentifier algorithm;
  Bytes signature;
  std::string responder_key;  // canonical_name(); empty when named by its key's hash
  Bytes responder_hash;
  std::optional<SingleAnswer> answer;  // for the certificate that is asked about
  std::vector<Bytes> certificates;
  bool unknown_critical = false;
};

// The issuer's name as the bytes that the certificate holds, which are what a CertID hashes.
Bytes issuer_name_bytes(const CertificateView& certificate) {
  der::Document document(certificate.tbs);
  der::Cursor cursor(document);
  der::Cursor tbs = cursor.enter(der::kSequence, "tbsCertificate");
  tbs.read_if(der::context_constructed(0), "tbsCertificate.version");
  tbs.read(der::kInteger, "tbsCertificate.serialNumber");
  tbs.read(der::kSequence, "tbsCertificate.signature");
  return tbs.read(der::kSequence, "tbsCertificate.issuer").whole;
}

bool is_hash_of(std::string_view hash_oid, Bytes hash, Bytes bytes) {
  if (hash_oid == "1.3.14.3.2.26") return std::ranges::equal(hash, sha1(bytes));
  if (hash_oid == "2.16.840.1.101.3.4.2.1") return std::ranges::equal(hash, sha256(bytes));
  return false;
}

std::int64_t read_generalized(der::Cursor& fields, std::string_view what) {
  if (!fields.next_is(der::kGeneralizedTime)) fields.fail(what, "not a GeneralizedTime");
  return der::read_time(fields, what);
}

// True when one of them is critical: none that is defined for responses has to be.
bool read_extensions_of(der::Cursor& fields, std::string_view what) {
  if (!fields.next_is(der::context_constructed(1))) return false;
  der::Cursor field = fields.enter(der::context_constructed(1), what);
  der::Cursor list = field.enter(der::kSequence, what);
  field.finish(what);
  bool critical = false;
  while (!list.at_end()) {
    der::Cursor extension = list.enter(der::kSequence, what);
    der::read_object_identifier(extension, what);
    if (extension.next_is(der::kBoolean)) critical |= der::read_boolean(extension, what);
    extension.read(der::kOctetString, what);
    extension.finish(what);
  }
  return critical;
}

void read_status(der::Cursor& fields, SingleAnswer& answer) {
  constexpr std::string_view kWhat = "certStatus";
  if (fields.next_is(der::context_constructed(1))) {
    answer.status = OcspStatus::kRevoked;
    der::Cursor info = fields.enter(der::context_constructed(1), kWhat);
    answer.revoked_s = read_generalized(info, kWhat);
    if (info.next_is(der::context_constructed(0))) {
      der::Cursor reason = info.enter(der::context_constructed(0), kWhat);
      const der::Element value = reason.read(kEnumerated, kWhat);
      if (value.content.size() == 1)
        answer.reason = value.content[0];
      else
        reason.fail(kWhat, "not a reason");
      reason.finish(kWhat);
    }
    info.finish(kWhat);
    return;
  }
  const der::Element element = fields.read_any(kWhat);
  if (element.tag == der::context(0))
    answer.status = OcspStatus::kGood;
  else if (element.tag != der::context(2))
    fields.fail(kWhat, "unexpected type");
  if (!element.content.empty()) fields.fail(kWhat, "not empty");
}

void read_single(der::Cursor& list, const CertificateView& leaf, const CertificateView& issuer,
                 Response& response) {
  constexpr std::string_view kWhat = "SingleResponse";
  der::Cursor fields = list.enter(der::kSequence, kWhat);
  der::Cursor id = fields.enter(der::kSequence, kWhat);
  const AlgorithmIdentifier hash = read_algorithm(id, kWhat);
  const Bytes name_hash = id.read(der::kOctetString, kWhat).content;
  const Bytes key_hash = id.read(der::kOctetString, kWhat).content;
  const Bytes serial = der::read_integer(id, kWhat);
  id.finish(kWhat);
  SingleAnswer answer;
  read_status(fields, answer);
  answer.this_update_s = read_generalized(fields, kWhat);
  if (fields.next_is(der::context_constructed(0))) {
    der::Cursor next = fields.enter(der::context_constructed(0), kWhat);
    answer.next_update_s = read_generalized(next, kWhat);
    next.finish(kWhat);
  }
  const bool critical = read_extensions_of(fields, kWhat);
  fields.finish(kWhat);
  if (fields.failed() || response.answer || !std::ranges::equal(serial, leaf.serial) ||
      !is_hash_of(hash.oid, name_hash, issuer_name_bytes(leaf)) ||
      !is_hash_of(hash.oid, key_hash, issuer.key.bits)) {
    return;
  }
  response.answer = answer;
  response.unknown_critical |= critical;
}

void read_data(der::Cursor& data, const CertificateView& leaf, const CertificateView& issuer,
               Response& response) {
  constexpr std::string_view kWhat = "tbsResponseData";
  if (data.read_if(der::context_constructed(0), kWhat)) data.fail(kWhat, "not version 1");
  const bool by_name = data.next_is(der::context_constructed(1));
  der::Cursor id = data.enter(der::context_constructed(by_name ? 1 : 2), "responderID");
  if (by_name)
    response.responder_key = canonical_name(read_name(id, "responderID"));
  else
    response.responder_hash = id.read(der::kOctetString, "responderID").content;
  id.finish("responderID");
  read_generalized(data, "producedAt");
  der::Cursor list = data.enter(der::kSequence, "responses");
  while (!list.at_end()) read_single(list, leaf, issuer, response);
  response.unknown_critical |= read_extensions_of(data, "responseExtensions");
  data.finish(kWhat);
}

// What is wrong with the whole; empty when it is a response to read on.
std::string read_response(Bytes bytes, const CertificateView& leaf, const CertificateView& issuer,
                          Response& response) {
  constexpr std::string_view kWhat = "OCSPResponse";
  der::Document document(bytes);
  der::Cursor cursor(document);
  der::Cursor outer = cursor.enter(der::kSequence, kWhat);
  cursor.finish(kWhat);
  const der::Element status = outer.read(kEnumerated, "responseStatus");
  if (!document.failed() && !std::ranges::equal(status.content, std::vector<std::uint8_t>{0})) {
    return "the responder says that it failed";
  }
  der::Cursor field = outer.enter(der::context_constructed(0), "responseBytes");
  outer.finish(kWhat);
  der::Cursor typed = field.enter(der::kSequence, "responseBytes");
  field.finish("responseBytes");
  const std::string type = der::read_object_identifier(typed, "responseType");
  const der::Element payload = typed.read(der::kOctetString, "response");
  typed.finish("responseBytes");
  if (!document.failed() && type != "1.3.6.1.5.5.7.48.1.1") return "it is of an unknown type";
  der::Cursor holder = typed.inside(payload, "response");
  der::Cursor basic = holder.enter(der::kSequence, "BasicOCSPResponse");
  holder.finish("BasicOCSPResponse");
  const der::Element data_element = basic.read(der::kSequence, "tbsResponseData");
  response.tbs = data_element.whole;
  der::Cursor data = basic.inside(data_element, "tbsResponseData");
  read_data(data, leaf, issuer, response);
  response.algorithm = read_algorithm(basic, "signatureAlgorithm");
  response.signature = der::read_octet_aligned_bits(basic, "signature");
  if (basic.next_is(der::context_constructed(0))) {
    der::Cursor certs = basic.enter(der::context_constructed(0), "certs");
    der::Cursor list = certs.enter(der::kSequence, "certs");
    certs.finish("certs");
    while (!list.at_end()) {
      response.certificates.push_back(list.read(der::kSequence, "certs").whole);
      if (response.certificates.size() > limits::kMaxOcspCertificates) {
        list.fail("certs", "too many certificates");
      }
    }
  }
  basic.finish("BasicOCSPResponse");
  return document.failed() ? document.failure().message : std::string();
}

bool is_responder(const Response& response, const CertificateView& certificate) {
  if (!response.responder_key.empty()) return response.responder_key == certificate.subject_key;
  return std::ranges::equal(response.responder_hash, sha1(certificate.key.bits));
}

bool signed_with(const Response& response, const CertificateView& certificate) {
  return verify_signature(certificate.key, response.algorithm, response.tbs, response.signature) ==
         SignatureCheck::kValid;
}

// Notes that asking at `change_s` or later may give another answer than asking before it.
void narrow(OcspAnswer& answer, std::int64_t change_s, std::int64_t now_s) {
  if (change_s > now_s) {
    answer.holds_until_s = std::min(answer.holds_until_s, change_s - 1);
  } else {
    answer.holds_from_s = std::max(answer.holds_from_s, change_s);
  }
}

// RFC 6960 section 4.2.2.2: the issuer itself appoints a responder, with this purpose in its
// certificate.
bool is_appointed(const CertificateView& responder, const CertificateView& issuer,
                  std::int64_t now_s) {
  const Extensions& extensions = responder.extensions;
  return responder.defect.empty() && extensions.unknown_critical.empty() &&
         extensions.ocsp_signing && responder.issuer_key == issuer.subject_key &&
         (!extensions.key_usage || (*extensions.key_usage & kDigitalSignature) != 0) &&
         now_s >= responder.not_before_s && now_s <= responder.not_after_s &&
         !has_weak_hash(responder.signature_algorithm) &&
         verify_signature(issuer.key, responder.signature_algorithm, responder.tbs,
                          responder.signature) == SignatureCheck::kValid;
}

bool is_authentic(const Response& response, const CertificateView& issuer, std::int64_t now_s,
                  OcspAnswer& answer) {
  if (has_weak_hash(response.algorithm)) return false;
  if (is_responder(response, issuer) && signed_with(response, issuer)) return true;
  return std::any_of(response.certificates.begin(), response.certificates.end(),
                     [&](Bytes certificate) {
                       const auto view = parse_certificate(certificate);
                       if (!view || !is_responder(response, *view)) return false;
                       narrow(answer, view->not_before_s, now_s);
                       narrow(answer, view->not_after_s + 1, now_s);
                       return is_appointed(*view, issuer, now_s) && signed_with(response, *view);
                     });
}

OcspAnswer say(OcspAnswer answer, OcspStatus status, std::string sentence) {
  answer.status = status;
  answer.sentence = std::move(sentence);
  return answer;
}

OcspAnswer invalid(const std::string& fault, OcspAnswer answer = {}) {
  return say(answer, OcspStatus::kInvalid, "the OCSP response is not valid: " + fault);
}

}  // namespace

OcspAnswer judge_ocsp(Bytes bytes, const CertificateView& leaf, const CertificateView& issuer,
                      std::int64_t now_s) {
  if (bytes.empty()) return {};
  Response response;
  const std::string fault = read_response(bytes, leaf, issuer, response);
  if (!fault.empty()) return invalid(fault);
  if (!response.answer) return invalid("it speaks of another certificate");
  if (response.unknown_critical) return invalid("a critical extension is not understood");
  OcspAnswer answer;
  if (!is_authentic(response, issuer, now_s, answer)) {
    return invalid("neither the issuer nor a responder that it appointed signed it", answer);
  }
  const SingleAnswer& single = *response.answer;
  const std::int64_t begin_s = single.this_update_s - limits::kMaxOcspEarly_s;
  narrow(answer, begin_s, now_s);
  if (begin_s > now_s) {
    return invalid("it is not valid before " + utc_text(single.this_update_s), answer);
  }
  // A revocation stays true when the answer is old.
  if (single.status == OcspStatus::kRevoked) {
    return say(answer, OcspStatus::kRevoked,
               short_subject(leaf) + " was revoked at " + utc_text(single.revoked_s) + " (" +
                   std::string(revocation_reason_name(single.reason)) + ")");
  }
  if (single.next_update_s) narrow(answer, *single.next_update_s + 1, now_s);
  if (single.next_update_s && *single.next_update_s < now_s) {
    return say(answer, OcspStatus::kExpired,
               "the OCSP response expired at " + utc_text(*single.next_update_s));
  }
  if (single.status == OcspStatus::kGood) return say(answer, OcspStatus::kGood, {});
  return say(answer, OcspStatus::kUnknown,
             "the OCSP responder does not know " + short_subject(leaf));
}

OcspAnswer judge_ocsp(Bytes response, std::span<const Bytes> presented, const TrustStore& roots,
                      std::int64_t now_s) {
  if (response.empty() || presented.empty()) return {};
  const auto leaf = parse_certificate(presented.front());
  if (!leaf) return invalid("the certificate that it is for cannot be read");
  const auto issued = [&](const CertificateView& issuer) {
    return issuer.subject_key == leaf->issuer_key &&
           verify_signature(issuer.key, leaf->signature_algorithm, leaf->tbs, leaf->signature) ==
               SignatureCheck::kValid;
  };
  const std::size_t count = std::min(presented.size(), limits::kMaxPresentedCertificates);
  for (const Bytes& other : presented.first(count).subspan(1)) {
    const auto issuer = parse_certificate(other);
    if (issuer && issued(*issuer)) return judge_ocsp(response, *leaf, *issuer, now_s);
  }
  const auto [first, last] = roots.roots().by_subject.equal_range(leaf->issuer_key);
  for (auto root = first; root != last; ++root) {
    const CertificateView& issuer = root->second->view;
    if (issued(issuer)) return judge_ocsp(response, *leaf, issuer, now_s);
  }
  return invalid("the issuer of " + short_subject(*leaf) + " is not known");
}

std::string_view ocsp_status_name(OcspStatus status) {
  switch (status) {
    case OcspStatus::kNone:
      return "";
    case OcspStatus::kGood:
      return "good";
    case OcspStatus::kRevoked:
      return "revoked";
    case OcspStatus::kUnknown:
      return "unknown";
    case OcspStatus::kExpired:
      return "expired";
    case OcspStatus::kInvalid:
      return "invalid";
  }
  return "";
}

}  // namespace tracer::ssl
