#include "engine/failure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace tracer::engine {
namespace {

FailureCode code_at(int index) { return static_cast<FailureCode>(index); }

TEST(Failure, EveryCodeHasItsRowAndAnOwnName) {
  std::set<std::string_view> names;
  for (int index = 0; index < kFailureCodeCount; ++index) {
    const FailureInfo& info = failure_info(code_at(index));
    EXPECT_EQ(info.code, code_at(index));
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(std::all_of(info.name.begin(), info.name.end(), [](char letter) {
      return (letter >= 'a' && letter <= 'z') || letter == '_';
    })) << info.name;
  }
}

TEST(Failure, CauseAndRemedyAreOneSentenceEach) {
  for (int index = 0; index < kFailureCodeCount; ++index) {
    const FailureInfo& info = failure_info(code_at(index));
    for (const std::string_view sentence : {info.cause, info.remedy}) {
      ASSERT_GE(sentence.size(), 15U) << info.name;
      EXPECT_EQ(sentence.back(), '.') << info.name;
      EXPECT_EQ(sentence.find(". "), sentence.npos) << info.name;
      EXPECT_EQ(sentence.find('\n'), sentence.npos) << info.name;
    }
  }
}

TEST(Failure, OursAreExactlyThoseTheTargetCannotBeBlamedFor) {
  std::set<std::string_view> ours;
  for (int index = 0; index < kFailureCodeCount; ++index) {
    const FailureInfo& info = failure_info(code_at(index));
    if (info.ours) ours.insert(info.name);
  }
  const std::set<std::string_view> expected{"dns_timeout", "policy_denied",
                                            "tls_unsupported_by_prober", "local_resources",
                                            "local_shutdown"};
  EXPECT_EQ(ours, expected);
}

struct Wanted {
  FailureCode code;
  std::vector<std::string_view> words;
};

TEST(Failure, RemediesNameWhatAnOperatorChecks) {
  const std::vector<Wanted> table{
      {FailureCode::kConnectionRefused, {"running", "port", "firewall", "agents' addresses"}},
      {FailureCode::kConnectionTimeout,
       {"network path", "overloaded", "firewall", "rate limiting", "timeout is too small"}},
      {FailureCode::kCertificateExpired, {"Renew"}},
      {FailureCode::kCertificateNameMismatch, {"tls.server_name", "tls.skip_hostname_verify"}},
      {FailureCode::kTlsVersionUnsupported, {"tls.min_version", "tls.max_version"}},
      {FailureCode::kCertificateSelfSigned, {"tls.ca_file", "tls.skip_hostname_verify"}},
      {FailureCode::kCertificateChainIncomplete, {"full chain"}},
      {FailureCode::kClientCertificateRequired, {"tls.cert_file", "tls.key_file"}},
  };
  for (const Wanted& wanted : table) {
    const FailureInfo& info = failure_info(wanted.code);
    for (const std::string_view word : wanted.words) {
      EXPECT_NE(info.remedy.find(word), info.remedy.npos) << info.name << ": " << word;
    }
  }
}

TEST(Failure, PhasesHaveNames) {
  EXPECT_EQ(phase_name(Phase::kDns), "dns");
  EXPECT_EQ(phase_name(Phase::kConnect), "connect");
  EXPECT_EQ(phase_name(Phase::kStarttls), "starttls");
  EXPECT_EQ(phase_name(Phase::kTls), "tls");
  EXPECT_EQ(phase_name(Phase::kResponse), "response");
  EXPECT_EQ(phase_name(Phase::kVerdict), "verdict");
  EXPECT_EQ(phase_name(Phase::kNone), "none");
}

}  // namespace
}  // namespace tracer::engine
