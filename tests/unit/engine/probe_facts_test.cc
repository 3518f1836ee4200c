#include "engine/probe_facts.h"

#include <gtest/gtest.h>

namespace tracer::engine {
namespace {

using ssl::ChainProblem;
using ssl::ChainProblems;

constexpr ChainProblems bit(ChainProblem problem) { return static_cast<ChainProblems>(problem); }

TEST(ProbeFacts, EveryProblemOfAChainFailsTheCheck) {
  const TlsPolicy verified;
  EXPECT_EQ(failure_from_judgement(0, verified), FailureCode::kNone);
  for (unsigned problem = 1; problem <= bit(ChainProblem::kUnsupported); problem <<= 1U) {
    EXPECT_NE(failure_from_judgement(static_cast<ChainProblems>(problem), verified),
              FailureCode::kNone)
        << problem;
  }
  EXPECT_EQ(failure_from_judgement(bit(ChainProblem::kUnsupported), verified),
            FailureCode::kTlsUnsupportedByProber);
}

TEST(ProbeFacts, TheLowestProblemNamesTheFailure) {
  const auto both =
      static_cast<ChainProblems>(bit(ChainProblem::kExpired) | bit(ChainProblem::kNameMismatch));
  EXPECT_EQ(failure_from_judgement(both, TlsPolicy{}), FailureCode::kCertificateExpired);
}

TEST(ProbeFacts, ExcusesWhatThePolicyExcusesAndNothingMore) {
  TlsPolicy internal;
  internal.skip_hostname_verify = true;
  const auto excused =
      static_cast<ChainProblems>(bit(ChainProblem::kSelfSigned) | bit(ChainProblem::kNameMismatch));
  EXPECT_EQ(failure_from_judgement(excused, internal), FailureCode::kNone);
  const auto expired = static_cast<ChainProblems>(excused | bit(ChainProblem::kExpired));
  EXPECT_EQ(failure_from_judgement(expired, internal), FailureCode::kCertificateExpired);
  EXPECT_EQ(failure_from_judgement(bit(ChainProblem::kUntrustedIssuer), internal),
            FailureCode::kCertificateUntrustedIssuer);
  TlsPolicy unverified;
  unverified.verify = false;
  EXPECT_EQ(failure_from_judgement(expired, unverified), FailureCode::kNone);
}

}  // namespace
}  // namespace tracer::engine
