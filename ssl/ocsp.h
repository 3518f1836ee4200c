// Judges an OCSP response (RFC 6960) against the certificate it should speak of and that
// certificate's issuer. Pure: no I/O and no clock. Any thread.
//
// The response is untrusted: what is not DER, or not signed by the issuer or by a responder that
// the issuer appointed, is kInvalid and says nothing of the certificate.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "ssl/certificate.h"

namespace tracer::ssl {

struct CertificateView;
class TrustStore;

enum class OcspStatus : std::uint8_t {
  kNone,  // there is no response
  kGood,
  kRevoked,
  kUnknown,  // the responder does not know the certificate
  kExpired,  // a newer answer was due
  kInvalid,
};

struct OcspAnswer {
  OcspStatus status = OcspStatus::kNone;
  std::string sentence;  // empty of kNone and kGood
  // Asked at any time from the one to the other, the answer is the same.
  std::int64_t holds_from_s = std::numeric_limits<std::int64_t>::min();
  std::int64_t holds_until_s = std::numeric_limits<std::int64_t>::max();
};

// REQUIRES: `issuer` signed `leaf`. An empty response is kNone.
OcspAnswer judge_ocsp(Bytes response, const CertificateView& leaf, const CertificateView& issuer,
                      std::int64_t now_s);
// The issuer is found among the other presented certificates and the roots, by its signature on the
// first one; without it nothing can be believed.
OcspAnswer judge_ocsp(Bytes response, std::span<const Bytes> presented, const TrustStore& roots,
                      std::int64_t now_s);

// "good", "revoked", "unknown", "expired", "invalid"; empty for kNone.
std::string_view ocsp_status_name(OcspStatus status);

}  // namespace tracer::ssl
