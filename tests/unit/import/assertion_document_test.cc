// Every type and operator of assertions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/tracer/import/import.h"

namespace tracer::import {
namespace {

using engine::Assertion;
using Subject = Assertion::Subject;
using Operator = Assertion::Operator;
using testing::ElementsAre;

std::vector<Assertion> assertions(const std::string& entry) {
  const std::string text = "host: a\nport: 1\nassertions:\n  - " + entry + "\n";
  const ImportResult result = import_text(text, "m.yaml", DocumentFormat::kYaml, {});
  EXPECT_EQ(format_errors(result), "") << entry;
  if (result.monitors.size() != 1) return {};
  return result.monitors.policy(result.monitors.at(0)).assertions;
}

// The one assertion of an entry with one operator.
Assertion one(const std::string& entry) {
  const auto all = assertions(entry);
  EXPECT_EQ(all.size(), 1U) << entry;
  return all.empty() ? Assertion{} : all.front();
}

void expect_is(const Assertion& assertion, Subject subject, Operator comparison) {
  EXPECT_EQ(assertion.subject, subject);
  EXPECT_EQ(assertion.comparison, comparison);
  EXPECT_EQ(assertion.severity, Assertion::Severity::kFail);
}

TEST(AssertionDocumentTest, Connection) {
  const Assertion success = one("{type: connection, status: success}");
  expect_is(success, Subject::kConnection, Operator::kEquals);
  EXPECT_THAT(success.values, ElementsAre("success"));
  EXPECT_THAT(one("{type: Connection, Status: Failure}").values, ElementsAre("failure"));
}

TEST(AssertionDocumentTest, ResponseTime) {
  const Assertion total = one("{type: response_time, less_than: 500}");
  expect_is(total, Subject::kTimeTotal, Operator::kLessThan);
  EXPECT_EQ(total.number, 500);
  expect_is(one("{type: response-time, greaterThan: 1}"), Subject::kTimeTotal,
            Operator::kGreaterThan);
  EXPECT_EQ(one("{type: response_time, less_than: 1.5s}").number, 1500);
  EXPECT_EQ(one("{type: response_time, less_than: 0.25}").number, 0.25);
  const std::pair<std::string, Subject> phases[] = {{"total", Subject::kTimeTotal},
                                                    {"connect", Subject::kTimeConnect},
                                                    {"tls", Subject::kTimeTls},
                                                    {"dns", Subject::kTimeDns},
                                                    {"response", Subject::kTimeResponse}};
  for (const auto& [name, subject] : phases) {
    EXPECT_EQ(one("{type: response_time, of: " + name + ", less_than: 5}").subject, subject);
  }
}

TEST(AssertionDocumentTest, CertificateExpiry) {
  const Assertion chain = one("{type: certificate_expiry, greater_than: 30}");
  expect_is(chain, Subject::kExpiryChain, Operator::kGreaterThan);
  EXPECT_EQ(chain.number, 30);
  EXPECT_EQ(one("{type: certificate_expiry, greater_than: 30 days}").number, 30);
  EXPECT_EQ(one("{type: certificate_expiry, greater_than: 36h}").number, 1.5);
  EXPECT_EQ(one("{type: certificate_expiry, less_than: -2}").number, -2);
  EXPECT_EQ(one("{type: certificate_expiry, less_than: 1, of: leaf}").subject,
            Subject::kExpiryLeaf);
}

TEST(AssertionDocumentTest, TlsVersionAndCipher) {
  const Assertion in = one("{type: tls_version, in: [TLSv1.2, tlsv1.3]}");
  expect_is(in, Subject::kTlsVersion, Operator::kIn);
  EXPECT_THAT(in.values, ElementsAre("TLSv1.2", "TLSv1.3"));
  expect_is(one("{type: tls_version, not_in: TLSv1.0}"), Subject::kTlsVersion, Operator::kNotIn);
  expect_is(one("{type: tls_version, equals: TLSv1.3}"), Subject::kTlsVersion, Operator::kEquals);
  const Assertion cipher = one("{type: cipher, in: [TLS_AES_128_GCM_SHA256]}");
  expect_is(cipher, Subject::kCipher, Operator::kIn);
  EXPECT_THAT(cipher.values, ElementsAre("TLS_AES_128_GCM_SHA256"));
  expect_is(one("{type: cipher, not_in: [TLS_RSA_WITH_AES_128_CBC_SHA]}"), Subject::kCipher,
            Operator::kNotIn);
  const Assertion matches = one("{type: cipher, matches: GCM|CHACHA20}");
  expect_is(matches, Subject::kCipher, Operator::kMatches);
  ASSERT_NE(matches.pattern, nullptr);
  EXPECT_EQ(matches.pattern->text(), "GCM|CHACHA20");
}

TEST(AssertionDocumentTest, Certificate) {
  expect_is(one("{type: certificate, subject: CN=a}"), Subject::kCertificateSubject,
            Operator::kEquals);
  EXPECT_THAT(one("{type: certificate, issuer: [CN=a, CN=b]}").values, ElementsAre("CN=a", "CN=b"));
  expect_is(one("{type: certificate, san: 'DNS:a.example'}"), Subject::kCertificateSan,
            Operator::kEquals);
  EXPECT_EQ(assertions("{type: certificate, san: [a.example, b.example]}").size(), 2U);
  const std::string digest(64, 'a');
  std::string colons;
  for (int byte = 0; byte < 32; ++byte) colons += byte == 0 ? "AA" : ":AA";
  EXPECT_THAT(one("{type: certificate, fingerprint_sha256: " + digest + "}").values,
              ElementsAre(digest));
  EXPECT_THAT(one("{type: certificate, fingerprint_sha256: '" + colons + "'}").values,
              ElementsAre(digest));
  const Assertion bits = one("{type: certificate, key_bits_at_least: 2048}");
  expect_is(bits, Subject::kCertificateKeyBits, Operator::kAtLeast);
  EXPECT_EQ(bits.number, 2048);
  const Assertion valid = one("{type: certificate, chain_valid: true}");
  expect_is(valid, Subject::kCertificateChainValid, Operator::kEquals);
  EXPECT_THAT(valid.values, ElementsAre("true"));
}

TEST(AssertionDocumentTest, ResponseAndIp) {
  const Assertion contains = one(R"({type: response, contains: '+PONG\r\n'})");
  expect_is(contains, Subject::kResponse, Operator::kContains);
  EXPECT_THAT(contains.values, ElementsAre("+PONG\r\n"));
  expect_is(one("{type: response, not_contains: ERR}"), Subject::kResponse, Operator::kNotContains);
  expect_is(one("{type: response, equals: OK}"), Subject::kResponse, Operator::kEquals);
  expect_is(one("{type: response, matches: ^220}"), Subject::kResponse, Operator::kMatches);
  const Assertion ip = one("{type: ip, in: [10.0.0.0/8, '::1']}");
  expect_is(ip, Subject::kIp, Operator::kIn);
  ASSERT_EQ(ip.networks.size(), 2U);
  EXPECT_EQ(ip.networks[0].to_string(), "10.0.0.0/8");
  EXPECT_EQ(ip.networks[1].to_string(), "::1/128");
}

TEST(AssertionDocumentTest, SeveralOperatorsBecomeSeveralAssertions) {
  const auto both =
      assertions("{less_than: 5, severity: warn, of: tls, greater_than: 1, type: response_time}");
  ASSERT_EQ(both.size(), 2U);
  for (const Assertion& assertion : both) {
    EXPECT_EQ(assertion.subject, Subject::kTimeTls);
    EXPECT_EQ(assertion.severity, Assertion::Severity::kWarn);
  }
  EXPECT_EQ(both[0].comparison, Operator::kLessThan);
  EXPECT_EQ(both[1].comparison, Operator::kGreaterThan);
}

}  // namespace
}  // namespace tracer::import
