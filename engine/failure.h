// Why a check failed: one enum, and for every value its name, its cause and its remedy. Reports,
// metrics, documentation and hints are all made from this table. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracer::engine {

enum class FailureCode : std::uint8_t {
  kNone,
  kDnsNotFound,
  kDnsNoAddress,
  kDnsTimeout,
  kDnsServerFailure,
  kConnectionRefused,
  kConnectionTimeout,
  kConnectionReset,
  kNetworkUnreachable,
  kHostUnreachable,
  kStarttlsRefused,
  kStarttlsProtocolError,
  kTlsTimeout,
  kTlsNotTls,
  kTlsVersionUnsupported,
  kTlsNoCommonCipher,
  kTlsAlert,
  kTlsClosed,
  kTlsProtocolError,
  kCertificateExpired,
  kCertificateNotYetValid,
  kCertificateNameMismatch,
  kCertificateSelfSigned,
  kCertificateUntrustedIssuer,
  kCertificateChainIncomplete,
  kCertificateRevoked,
  kCertificateWeak,
  kCertificateMalformed,
  kClientCertificateRequired,
  kResponseTimeout,
  kResponseMismatch,
  kResponseClosed,
  kResponseTooLarge,
  kAssertionFailed,
  kPolicyDenied,
  kTlsUnsupportedByProber,
  kLocalResources,
  kLocalShutdown,
};
inline constexpr int kFailureCodeCount = static_cast<int>(FailureCode::kLocalShutdown) + 1;

enum class Phase : std::uint8_t { kNone, kDns, kConnect, kStarttls, kTls, kResponse, kVerdict };

struct FailureInfo {
  FailureCode code;
  std::string_view name;    // "connection_refused"
  std::string_view cause;   // one sentence: what happened
  std::string_view remedy;  // one sentence: what an operator checks; the `hint` of a report
  bool ours;                // true: the target is not to blame and the verdict is `unknown`
};

const FailureInfo& failure_info(FailureCode code);
std::string_view phase_name(Phase phase);

}  // namespace tracer::engine
