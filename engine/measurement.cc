#include "engine/measurement.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

namespace tracer::engine {
namespace {

using Subject = Assertion::Subject;

const ssl::ChainReport* measured_chain(const Outcome& outcome) {
  if (!outcome.tls.completed || outcome.chain == nullptr) return nullptr;
  return outcome.chain->certificates.empty() ? nullptr : outcome.chain;
}

double days_until(std::int64_t expiry_s, const Outcome& outcome) {
  return static_cast<double>(ssl::days_remaining(expiry_s, outcome.started_unix_ms / 1000));
}

std::int64_t phase_time_ns(Subject subject, const PhaseTimes& times) {
  switch (subject) {
    case Subject::kTimeDns:
      return times.dns_ns;
    case Subject::kTimeConnect:
      return times.connect_ns;
    case Subject::kTimeTls:
      return times.tls_ns;
    case Subject::kTimeResponse:
      return times.response_ns;
    default:
      return times.total_ns;
  }
}

}  // namespace

bool is_numeric(Subject subject) {
  switch (subject) {
    case Subject::kTimeDns:
    case Subject::kTimeConnect:
    case Subject::kTimeTls:
    case Subject::kTimeResponse:
    case Subject::kTimeTotal:
    case Subject::kExpiryChain:
    case Subject::kExpiryLeaf:
    case Subject::kCertificateKeyBits:
      return true;
    default:
      return false;
  }
}

bool is_measured(Subject subject, const Outcome& outcome) {
  switch (subject) {
    case Subject::kConnection:
      return !failure_info(outcome.failure).ours;
    case Subject::kTimeDns:
    case Subject::kTimeConnect:
    case Subject::kTimeTls:
    case Subject::kTimeResponse:
    case Subject::kTimeTotal:
      return phase_time_ns(subject, outcome.times) != kNotMeasured;
    case Subject::kExpiryChain:
    case Subject::kExpiryLeaf:
    case Subject::kCertificateSubject:
    case Subject::kCertificateIssuer:
    case Subject::kCertificateSan:
    case Subject::kCertificateFingerprint:
      return measured_leaf(outcome) != nullptr;
    case Subject::kCertificateKeyBits: {
      const ssl::CertificateFacts* leaf = measured_leaf(outcome);
      return leaf != nullptr && leaf->key_bits != 0;
    }
    case Subject::kCertificateChainValid:
      return outcome.tls.completed && outcome.tls.judged;
    case Subject::kTlsVersion:
      return outcome.tls.completed && outcome.tls.protocol != 0;
    case Subject::kCipher:
      return outcome.tls.completed && outcome.tls.cipher_suite != 0;
    case Subject::kResponse:
      return outcome.response_measured;
    case Subject::kIp:
      return outcome.address.family != 0 && outcome.times.connect_ns != kNotMeasured;
  }
  return false;
}

double measured_number(Subject subject, const Outcome& outcome) {
  assert(is_numeric(subject) && is_measured(subject, outcome));
  switch (subject) {
    case Subject::kExpiryChain:
      return days_until(measured_chain(outcome)->earliest_expiry_s, outcome);
    case Subject::kExpiryLeaf:
      return days_until(measured_leaf(outcome)->not_after_s, outcome);
    case Subject::kCertificateKeyBits:
      return measured_leaf(outcome)->key_bits;
    default:
      return static_cast<double>(phase_time_ns(subject, outcome.times)) / 1e6;
  }
}

std::string_view connection_text(const Outcome& outcome) {
  return outcome.connected() ? "success" : "failure";
}

const ssl::CertificateFacts* measured_leaf(const Outcome& outcome) {
  const ssl::ChainReport* chain = measured_chain(outcome);
  return chain == nullptr ? nullptr : &chain->certificates.front();
}

FingerprintText fingerprint_text(const ssl::CertificateFacts& certificate) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  FingerprintText text{};
  for (std::size_t index = 0; index < certificate.fingerprint_sha256.size(); ++index) {
    text[2 * index] = kDigits[certificate.fingerprint_sha256[index] >> 4U];
    text[2 * index + 1] = kDigits[certificate.fingerprint_sha256[index] & 0xFU];
  }
  return text;
}

}  // namespace tracer::engine
