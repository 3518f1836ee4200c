#include "engine/probe_facts.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace tracer::engine {

void record_session(const ssl::Session& session, TlsFacts& facts) {
  facts.completed = true;
  facts.protocol = session.protocol();
  facts.cipher_suite = session.cipher_suite();
  facts.group = session.group();
  const std::size_t length = std::min(session.alpn().size(), facts.alpn.size() - 1);
  std::copy_n(session.alpn().begin(), length, facts.alpn.begin());
}

void record_judgement(ssl::Judgement&& judgement, Outcome& outcome) {
  TlsFacts& facts = outcome.tls;
  facts.judged = true;
  facts.chain_valid = judgement.chain_valid;
  facts.name_matches = judgement.name_matches;
  facts.self_signed = judgement.self_signed;
  facts.ocsp = judgement.ocsp.status;
  facts.problems = judgement.problems;
  facts.verified_expiry_s = judgement.verified_expiry_s;
  outcome.chain = judgement.chain.release();
}

FailureCode failure_from_judgement(ssl::ChainProblems problems, const TlsPolicy& policy) {
  using ssl::ChainProblem;
  if (!policy.verify) return FailureCode::kNone;
  if (policy.skip_hostname_verify) {
    // The documented remedy for internal services: their own certificate, under any name.
    problems &=
        static_cast<ssl::ChainProblems>(~(static_cast<unsigned>(ChainProblem::kNameMismatch) |
                                          static_cast<unsigned>(ChainProblem::kSelfSigned)));
  }
  constexpr std::array<std::pair<ChainProblem, FailureCode>, 12> kCodes{{
      {ChainProblem::kMalformed, FailureCode::kCertificateMalformed},
      {ChainProblem::kRevoked, FailureCode::kCertificateRevoked},
      {ChainProblem::kSelfSigned, FailureCode::kCertificateSelfSigned},
      {ChainProblem::kIncomplete, FailureCode::kCertificateChainIncomplete},
      {ChainProblem::kUntrustedIssuer, FailureCode::kCertificateUntrustedIssuer},
      {ChainProblem::kExpired, FailureCode::kCertificateExpired},
      {ChainProblem::kNotYetValid, FailureCode::kCertificateNotYetValid},
      {ChainProblem::kConstraint, FailureCode::kCertificateUntrustedIssuer},
      {ChainProblem::kWeak, FailureCode::kCertificateWeak},
      {ChainProblem::kNameMismatch, FailureCode::kCertificateNameMismatch},
      {ChainProblem::kUnsupported, FailureCode::kTlsUnsupportedByProber},
      {ChainProblem::kNonconforming, FailureCode::kCertificateMalformed},
  }};
  for (const auto& [problem, code] : kCodes) {
    if (ssl::has(problems, problem)) return code;
  }
  assert(problems == 0 && "a problem without a code would pass for a good chain");
  return FailureCode::kNone;
}

FailureCode failure_from_session(ssl::SessionError error) {
  switch (error) {
    case ssl::SessionError::kNone:
      return FailureCode::kNone;
    case ssl::SessionError::kNotTls:
      return FailureCode::kTlsNotTls;
    case ssl::SessionError::kVersionUnsupported:
      return FailureCode::kTlsVersionUnsupported;
    case ssl::SessionError::kNoCommonCipher:
      return FailureCode::kTlsNoCommonCipher;
    case ssl::SessionError::kAlert:
      return FailureCode::kTlsAlert;
    case ssl::SessionError::kClosed:
      return FailureCode::kTlsClosed;
    case ssl::SessionError::kProtocol:
      return FailureCode::kTlsProtocolError;
    case ssl::SessionError::kCertificateMalformed:
      return FailureCode::kCertificateMalformed;
    case ssl::SessionError::kClientCertificateRequired:
      return FailureCode::kClientCertificateRequired;
    case ssl::SessionError::kUnsupportedByProber:
      return FailureCode::kTlsUnsupportedByProber;
    case ssl::SessionError::kNoMemory:
      return FailureCode::kLocalResources;
  }
  return FailureCode::kTlsProtocolError;
}

bool reads_response(const CheckPolicy& policy) {
  return std::ranges::any_of(policy.assertions, [](const Assertion& assertion) {
    return assertion.subject == Assertion::Subject::kResponse;
  });
}

bool awaits_response(const CheckPolicy& policy) {
  return policy.exchange.expect != ExchangePolicy::Expect::kNothing || reads_response(policy);
}

}  // namespace tracer::engine
