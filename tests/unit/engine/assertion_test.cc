#include "engine/assertion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/outcome.h"
#include "engine/pattern.h"

namespace tracer::engine {
namespace {

using Subject = Assertion::Subject;
using Operator = Assertion::Operator;
using State = AssertionState;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kDay = 86'400;

const std::vector<Subject> kEverySubject{
    Subject::kConnection,         Subject::kTimeDns,
    Subject::kTimeConnect,        Subject::kTimeTls,
    Subject::kTimeResponse,       Subject::kTimeTotal,
    Subject::kExpiryChain,        Subject::kExpiryLeaf,
    Subject::kTlsVersion,         Subject::kCipher,
    Subject::kCertificateSubject, Subject::kCertificateIssuer,
    Subject::kCertificateSan,     Subject::kCertificateFingerprint,
    Subject::kCertificateKeyBits, Subject::kCertificateChainValid,
    Subject::kResponse,           Subject::kIp,
};
const std::vector<Operator> kEveryOperator{
    Operator::kEquals,  Operator::kLessThan, Operator::kGreaterThan,
    Operator::kAtLeast, Operator::kIn,       Operator::kNotIn,
    Operator::kMatches, Operator::kContains, Operator::kNotContains,
};

Assertion about(Subject subject, Operator comparison) {
  Assertion assertion;
  assertion.subject = subject;
  assertion.comparison = comparison;
  return assertion;
}

Assertion texts(Subject subject, Operator comparison, std::vector<std::string> values) {
  Assertion assertion = about(subject, comparison);
  assertion.values = std::move(values);
  return assertion;
}

Assertion number(Subject subject, Operator comparison, double operand) {
  Assertion assertion = about(subject, comparison);
  assertion.number = operand;
  return assertion;
}

Assertion matching(Subject subject, std::string_view expression) {
  Assertion assertion = about(subject, Operator::kMatches);
  assertion.pattern = Pattern::compile(expression).value();
  return assertion;
}

// An operand that fits the subject and operator and holds for measured() below.
Assertion with_true_operand(Subject subject, Operator comparison);

// Everything measured: a TLS 1.3 service with a certificate of 89 days and a chain of 20.
class AssertionTest : public testing::Test {
 protected:
  AssertionTest() {
    auto* report = new ssl::ChainReport;
    ssl::CertificateFacts leaf;
    leaf.subject = "CN=www.example.org,O=Example";
    leaf.issuer = "CN=Example CA";
    leaf.not_after_s = kNow + 89 * kDay + 5;
    leaf.sans = {"DNS:www.example.org", "DNS:example.org", "IP:192.0.2.7"};
    leaf.key_bits = 256;
    for (std::size_t at = 0; at < leaf.fingerprint_sha256.size(); ++at) {
      leaf.fingerprint_sha256[at] = static_cast<std::uint8_t>(0xA0 + at);
    }
    report->certificates.push_back(leaf);
    report->earliest_expiry_s = kNow + 20 * kDay + 5;
    chain_ = ssl::ChainRef(report);
    measured_.chain = report;
    measured_.started_unix_ms = kNow * 1000;
    measured_.address = *IpAddress::parse("192.0.2.7");
    measured_.times = {100'000, 200'000, kNotMeasured, 1'250'000, 300'000, 1'850'400};
    measured_.tls.completed = true;
    measured_.tls.judged = true;
    measured_.tls.chain_valid = true;
    measured_.tls.protocol = 0x0304;
    measured_.tls.cipher_suite = 0x1301;
    measured_.set_response("220 mail ESMTP ready\r\n", true);
  }

  State judge(const Assertion& assertion) const { return evaluate(assertion, measured_); }
  bool holds(const Assertion& assertion) const { return judge(assertion) == State::kPassed; }

  ssl::ChainRef chain_;
  Outcome measured_;
};

TEST_F(AssertionTest, ConnectionStatus) {
  const Assertion success = texts(Subject::kConnection, Operator::kEquals, {"success"});
  const Assertion failure = texts(Subject::kConnection, Operator::kEquals, {"failure"});
  EXPECT_TRUE(holds(success));
  EXPECT_EQ(judge(failure), State::kFailed);
  for (int index = 1; index < kFailureCodeCount; ++index) {
    measured_.failure = static_cast<FailureCode>(index);
    const bool ours = failure_info(measured_.failure).ours;
    EXPECT_EQ(judge(success), ours ? State::kUnmeasured : State::kFailed) << index;
    EXPECT_EQ(judge(failure), ours ? State::kUnmeasured : State::kPassed) << index;
  }
}

TEST_F(AssertionTest, TimesCompareInMilliseconds) {
  EXPECT_TRUE(holds(number(Subject::kTimeTotal, Operator::kLessThan, 1.8505)));
  EXPECT_FALSE(holds(number(Subject::kTimeTotal, Operator::kLessThan, 1.8504)));
  EXPECT_TRUE(holds(number(Subject::kTimeTotal, Operator::kGreaterThan, 1.85)));
  EXPECT_FALSE(holds(number(Subject::kTimeTotal, Operator::kGreaterThan, 1.8504)));
  EXPECT_TRUE(holds(number(Subject::kTimeDns, Operator::kEquals, 0.1)));
  EXPECT_TRUE(holds(number(Subject::kTimeConnect, Operator::kEquals, 0.2)));
  EXPECT_TRUE(holds(number(Subject::kTimeTls, Operator::kEquals, 1.25)));
  EXPECT_TRUE(holds(number(Subject::kTimeResponse, Operator::kAtLeast, 0.3)));
  EXPECT_FALSE(holds(number(Subject::kTimeResponse, Operator::kAtLeast, 0.31)));
}

TEST_F(AssertionTest, ExpiryCountsWholeDaysOfTheChainOrTheLeaf) {
  EXPECT_TRUE(holds(number(Subject::kExpiryChain, Operator::kGreaterThan, 19)));
  EXPECT_FALSE(holds(number(Subject::kExpiryChain, Operator::kGreaterThan, 20)));
  EXPECT_TRUE(holds(number(Subject::kExpiryLeaf, Operator::kGreaterThan, 88)));
  EXPECT_FALSE(holds(number(Subject::kExpiryLeaf, Operator::kGreaterThan, 89)));
  EXPECT_TRUE(holds(number(Subject::kExpiryLeaf, Operator::kLessThan, 90)));
  measured_.started_unix_ms += 200 * kDay * 1000;
  EXPECT_EQ(actual_text(about(Subject::kExpiryLeaf, Operator::kGreaterThan), measured_), "-110");
  EXPECT_FALSE(holds(number(Subject::kExpiryLeaf, Operator::kGreaterThan, 0)));
}

TEST_F(AssertionTest, TlsVersionAndCipher) {
  EXPECT_TRUE(holds(texts(Subject::kTlsVersion, Operator::kIn, {"TLSv1.2", "TLSv1.3"})));
  EXPECT_FALSE(holds(texts(Subject::kTlsVersion, Operator::kIn, {"TLSv1.2"})));
  EXPECT_TRUE(holds(texts(Subject::kTlsVersion, Operator::kNotIn, {"TLSv1.0", "TLSv1.1"})));
  EXPECT_FALSE(holds(texts(Subject::kTlsVersion, Operator::kNotIn, {"TLSv1.3"})));
  EXPECT_TRUE(holds(texts(Subject::kTlsVersion, Operator::kEquals, {"TLSv1.3"})));
  EXPECT_TRUE(holds(texts(Subject::kCipher, Operator::kIn, {"TLS_AES_128_GCM_SHA256"})));
  EXPECT_TRUE(holds(texts(Subject::kCipher, Operator::kNotIn, {"TLS_AES_256_GCM_SHA384"})));
  EXPECT_TRUE(holds(matching(Subject::kCipher, "^TLS_AES_.*GCM")));
  EXPECT_FALSE(holds(matching(Subject::kCipher, "CHACHA")));
  measured_.tls.cipher_suite = 0xFFF0;
  EXPECT_TRUE(holds(texts(Subject::kCipher, Operator::kIn, {"0xFFF0"})) ||
              holds(texts(Subject::kCipher, Operator::kIn, {"0xfff0"})));
}

TEST_F(AssertionTest, SubjectAndIssuer) {
  EXPECT_TRUE(holds(
      texts(Subject::kCertificateSubject, Operator::kEquals, {"CN=www.example.org,O=Example"})));
  EXPECT_FALSE(holds(texts(Subject::kCertificateSubject, Operator::kEquals, {"CN=www"})));
  EXPECT_TRUE(holds(texts(Subject::kCertificateIssuer, Operator::kContains, {"Example CA"})));
  EXPECT_FALSE(holds(texts(Subject::kCertificateIssuer, Operator::kNotContains, {"Example"})));
  EXPECT_TRUE(holds(matching(Subject::kCertificateIssuer, "^CN=Ex")));
}

TEST_F(AssertionTest, SansCompareWithAndWithoutTheirKind) {
  for (const char* same : {"DNS:www.example.org", "www.example.org", "WWW.Example.ORG",
                           "example.org", "192.0.2.7", "IP:192.0.2.7"}) {
    EXPECT_TRUE(holds(texts(Subject::kCertificateSan, Operator::kEquals, {same}))) << same;
    EXPECT_FALSE(holds(texts(Subject::kCertificateSan, Operator::kNotIn, {"x", same}))) << same;
  }
  EXPECT_FALSE(holds(texts(Subject::kCertificateSan, Operator::kEquals, {"w.example.org"})));
  EXPECT_TRUE(holds(texts(Subject::kCertificateSan, Operator::kNotIn, {"w.example.org"})));
  EXPECT_TRUE(holds(texts(Subject::kCertificateSan, Operator::kContains, {"www"})));
  EXPECT_FALSE(holds(texts(Subject::kCertificateSan, Operator::kNotContains, {"www"})));
  EXPECT_TRUE(holds(matching(Subject::kCertificateSan, "^example")));
  EXPECT_FALSE(holds(matching(Subject::kCertificateSan, "^ample")));
}

TEST_F(AssertionTest, FingerprintsCompareInEverySpelling) {
  std::string plain;
  std::string with_colons;
  for (int at = 0; at < 32; ++at) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", 0xA0 + at);
    plain += pair;
    std::snprintf(pair, sizeof pair, "%02X", 0xA0 + at);
    with_colons += (at == 0 ? "" : ":") + std::string(pair);
  }
  const Subject subject = Subject::kCertificateFingerprint;
  EXPECT_TRUE(holds(texts(subject, Operator::kEquals, {plain})));
  EXPECT_TRUE(holds(texts(subject, Operator::kIn, {"00", with_colons})));
  EXPECT_FALSE(holds(texts(subject, Operator::kNotIn, {with_colons})));
  EXPECT_FALSE(holds(texts(subject, Operator::kEquals, {plain.substr(0, 62)})));
  EXPECT_FALSE(holds(texts(subject, Operator::kEquals, {plain + "00"})));
  EXPECT_FALSE(holds(texts(subject, Operator::kEquals, {""})));
  EXPECT_EQ(actual_text(about(subject, Operator::kEquals), measured_), plain);
}

TEST_F(AssertionTest, KeyBitsAndChainValidity) {
  EXPECT_TRUE(holds(number(Subject::kCertificateKeyBits, Operator::kAtLeast, 256)));
  EXPECT_FALSE(holds(number(Subject::kCertificateKeyBits, Operator::kAtLeast, 257)));
  const Assertion valid = texts(Subject::kCertificateChainValid, Operator::kEquals, {"true"});
  EXPECT_TRUE(holds(valid));
  measured_.tls.chain_valid = false;
  EXPECT_EQ(judge(valid), State::kFailed);
  measured_.tls.judged = false;
  EXPECT_EQ(judge(valid), State::kUnmeasured);
}

TEST_F(AssertionTest, ResponseBytes) {
  EXPECT_TRUE(holds(texts(Subject::kResponse, Operator::kContains, {"220 ", "ESMTP"})));
  EXPECT_FALSE(holds(texts(Subject::kResponse, Operator::kContains, {"220 ", "IMAP"})));
  EXPECT_TRUE(holds(texts(Subject::kResponse, Operator::kNotContains, {"421", "554"})));
  EXPECT_FALSE(holds(texts(Subject::kResponse, Operator::kNotContains, {"421", "220"})));
  EXPECT_TRUE(holds(texts(Subject::kResponse, Operator::kEquals, {"220 mail ESMTP ready\r\n"})));
  EXPECT_FALSE(holds(texts(Subject::kResponse, Operator::kEquals, {"220 mail ESMTP ready"})));
  EXPECT_TRUE(holds(matching(Subject::kResponse, "^2[0-9]{2} ")));
}

TEST_F(AssertionTest, ResponseIsJudgedWholeNotByItsExcerpt) {
  const std::string bytes = std::string(5000, 'a') + "needle";
  measured_.set_response(bytes, true);
  EXPECT_TRUE(holds(texts(Subject::kResponse, Operator::kContains, {"needle"})));
  EXPECT_TRUE(holds(texts(Subject::kResponse, Operator::kEquals, {bytes})));
  measured_.chain = nullptr;
  measured_.release_payload();
}

TEST_F(AssertionTest, AddressInNetworks) {
  Assertion inside = about(Subject::kIp, Operator::kIn);
  inside.networks = {*Network::parse("10.0.0.0/8"), *Network::parse("192.0.2.0/24")};
  EXPECT_TRUE(holds(inside));
  EXPECT_EQ(expected_text(inside), "in [10.0.0.0/8, 192.0.2.0/24]");
  inside.networks.pop_back();
  EXPECT_EQ(judge(inside), State::kFailed);
  inside.comparison = Operator::kNotIn;
  EXPECT_TRUE(holds(inside));
  measured_.times.connect_ns = kNotMeasured;  // tried, never reached
  EXPECT_EQ(judge(inside), State::kUnmeasured);
}

Assertion with_true_operand(Subject subject, Operator comparison) {
  Assertion assertion = about(subject, comparison);
  assertion.number = comparison == Operator::kLessThan ? 1e9 : -1e9;
  assertion.values = {"anything"};
  assertion.pattern = Pattern::compile("").value();
  assertion.networks = {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")};
  return assertion;
}

TEST_F(AssertionTest, NothingMeasuredNeverPassesWhateverIsAsked) {
  Outcome nothing;
  nothing.failure = FailureCode::kLocalResources;
  for (const Subject subject : kEverySubject) {
    for (const Operator comparison : kEveryOperator) {
      const Assertion assertion = with_true_operand(subject, comparison);
      EXPECT_EQ(evaluate(assertion, nothing), State::kUnmeasured);
      EXPECT_EQ(actual_text(assertion, nothing), "not_measured");
    }
  }
}

TEST_F(AssertionTest, AHandshakeThatDidNotEndMeasuresNoTlsFact) {
  measured_.tls.completed = false;
  measured_.times.tls_ns = kNotMeasured;
  for (const Subject subject :
       {Subject::kTimeTls, Subject::kExpiryChain, Subject::kExpiryLeaf, Subject::kTlsVersion,
        Subject::kCipher, Subject::kCertificateSubject, Subject::kCertificateIssuer,
        Subject::kCertificateSan, Subject::kCertificateFingerprint, Subject::kCertificateKeyBits,
        Subject::kCertificateChainValid}) {
    for (const Operator comparison : kEveryOperator) {
      EXPECT_EQ(judge(with_true_operand(subject, comparison)), State::kUnmeasured);
    }
  }
}

TEST_F(AssertionTest, AnAssertionWithoutItsOperandNeverPasses) {
  const std::vector<Operator> textual{Operator::kEquals,   Operator::kIn,
                                      Operator::kNotIn,    Operator::kMatches,
                                      Operator::kContains, Operator::kNotContains};
  for (const Subject subject :
       {Subject::kConnection, Subject::kTlsVersion, Subject::kCipher, Subject::kCertificateSubject,
        Subject::kCertificateIssuer, Subject::kCertificateSan, Subject::kCertificateFingerprint,
        Subject::kCertificateChainValid, Subject::kResponse, Subject::kIp}) {
    for (const Operator comparison : textual) {
      EXPECT_EQ(judge(about(subject, comparison)), State::kFailed);
    }
  }
}

TEST_F(AssertionTest, OperatorsForeignToASubjectNeverPass) {
  for (const Operator comparison :
       {Operator::kLessThan, Operator::kGreaterThan, Operator::kAtLeast}) {
    for (const Subject subject : {Subject::kConnection, Subject::kCipher, Subject::kResponse,
                                  Subject::kCertificateSan, Subject::kIp}) {
      EXPECT_EQ(judge(with_true_operand(subject, comparison)), State::kFailed);
    }
  }
  for (const Operator comparison : {Operator::kIn, Operator::kNotIn, Operator::kMatches,
                                    Operator::kContains, Operator::kNotContains}) {
    EXPECT_EQ(judge(with_true_operand(Subject::kTimeTotal, comparison)), State::kFailed);
  }
}

struct Worded {
  Assertion assertion;
  const char* type;
  const char* expected;
  const char* actual;
};

TEST_F(AssertionTest, WordsSayTypeExpectedAndActual) {
  const std::vector<Worded> table{
      {texts(Subject::kConnection, Operator::kEquals, {"success"}), "connection", "success",
       "success"},
      {number(Subject::kTimeTotal, Operator::kLessThan, 500), "response_time", "less_than 500",
       "1.85"},
      {number(Subject::kTimeConnect, Operator::kLessThan, 0.5), "response_time",
       "connect less_than 0.5", "0.2"},
      {number(Subject::kTimeTls, Operator::kLessThan, 100), "response_time", "tls less_than 100",
       "1.25"},
      {number(Subject::kExpiryChain, Operator::kGreaterThan, 30), "certificate_expiry",
       "greater_than 30", "20"},
      {number(Subject::kExpiryLeaf, Operator::kGreaterThan, 30), "certificate_expiry",
       "leaf greater_than 30", "89"},
      {texts(Subject::kTlsVersion, Operator::kIn, {"TLSv1.2", "TLSv1.3"}), "tls_version",
       "in [TLSv1.2, TLSv1.3]", "TLSv1.3"},
      {texts(Subject::kCipher, Operator::kNotIn, {"A"}), "cipher", "not_in [A]",
       "TLS_AES_128_GCM_SHA256"},
      {matching(Subject::kCipher, "GCM$"), "cipher", "matches GCM$", "TLS_AES_128_GCM_SHA256"},
      {texts(Subject::kCertificateSan, Operator::kEquals, {"a.example"}), "certificate",
       "san equals a.example", "DNS:www.example.org, DNS:example.org, IP:192.0.2.7"},
      {number(Subject::kCertificateKeyBits, Operator::kAtLeast, 2048), "certificate",
       "key_bits at_least 2048", "256"},
      {texts(Subject::kCertificateChainValid, Operator::kEquals, {"true"}), "certificate",
       "chain_valid true", "true"},
      {texts(Subject::kResponse, Operator::kContains, {"OK"}), "response", "contains OK",
       "220 mail ESMTP ready\r\n"},
  };
  for (const Worded& row : table) {
    EXPECT_EQ(assertion_type(row.assertion.subject), row.type);
    EXPECT_EQ(expected_text(row.assertion), row.expected);
    EXPECT_EQ(actual_text(row.assertion, measured_), row.actual);
  }
}

}  // namespace
}  // namespace tracer::engine
