#include "tools/tracer/sinks/report_json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/unit/sinks/sample_reports.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;
using samples::Sample;

constexpr std::string_view kLeafFacts =
    R"("subject":"CN=example.org","issuer":"CN=Example CA,O=Example",)"
    R"("valid_from":"2026-01-01T03:04:05.000Z","valid_until":"2026-04-01T03:04:15.000Z",)"
    R"("days_remaining":89,"sans":["DNS:example.org","DNS:www.example.org","IP:192.0.2.10"],)"
    R"("serial":"04ab","fingerprint_sha256":)"
    R"("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",)"
    R"("key_type":"EC","key_bits":256,"signature_algorithm":"ecdsa-with-SHA256")";
constexpr std::string_view kIssuerFacts =
    R"("subject":"CN=Example CA,O=Example","issuer":"CN=Example Root",)"
    R"("valid_from":"2025-09-24T03:04:05.000Z","valid_until":"2027-02-06T03:04:15.000Z",)"
    R"("days_remaining":400,"sans":[],"serial":"01","fingerprint_sha256":)"
    R"("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",)"
    R"("key_type":"RSA","key_bits":2048,"signature_algorithm":"sha256WithRSAEncryption")";

class ReportJson : public testing::Test {
 protected:
  std::string line(const Sample& sample) const {
    std::string out;
    append_report_json(out, sample.judged(monitors_), monitors_, {"local", "agent-1"});
    return out;
  }

  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
};

TEST_F(ReportJson, ATlsServiceThatIsUp) {
  std::string expected =
      R"({"monitor":{"id":"web-1","name":"web","host":"example.org","port":443,)"
      R"("labels":{"env":"prod","team":"core"}},"location":"local","agent":"agent-1",)"
      R"("scheduled_at":"2026-01-02T03:04:05.000Z","started_at":"2026-01-02T03:04:05.678Z",)"
      R"("attempts":1,"verdict":"up","status":"success","address":"192.0.2.10","ip_family":4,)"
      R"("timings_ms":{"dns":0.1,"connect":0.2,"starttls":null,"tls":1.2,"response":null,)"
      R"("total":1.5},"failure":null,"tls":{"protocol":"TLSv1.3",)"
      R"("cipher":"TLS_AES_128_GCM_SHA256","group":"P-256","alpn":null,)"
      R"("server_name":"example.org","starttls":null,"verified":true,"chain_valid":true,)"
      R"("chain_error":null,"name_matches":true,"self_signed":false,"ocsp":null},)"
      R"("certificate":{)";
  expected += kLeafFacts;
  expected += R"(,"earliest_expiry":"2026-04-01T03:04:15.000Z",)"
              R"("verified_expiry":"2026-04-01T03:04:15.000Z","chain":[{)";
  expected += kLeafFacts;
  expected += "},{";
  expected += kIssuerFacts;
  expected += R"(}]},"response":null,"assertions":[)"
              R"({"type":"connection","expected":"success","actual":"success","passed":true,)"
              R"("severity":"fail"},)"
              R"({"type":"response_time","expected":"less_than 500","actual":"1.5","passed":true,)"
              R"("severity":"warn"}]})";
  EXPECT_EQ(line(samples::tls_success(0)), expected);
}

TEST_F(ReportJson, APlainServiceThatAnswers) {
  EXPECT_EQ(line(samples::redis_success(1)),
            R"({"monitor":{"id":"cache","name":"127.0.0.1:6379","host":"127.0.0.1","port":6379,)"
            R"("labels":{}},"location":"local","agent":"agent-1",)"
            R"("scheduled_at":"2026-01-02T03:04:05.000Z","started_at":"2026-01-02T03:04:05.678Z",)"
            R"("attempts":1,"verdict":"up","status":"success","address":"127.0.0.1","ip_family":4,)"
            R"("timings_ms":{"dns":null,"connect":0.05,"starttls":null,"tls":null,"response":0.08,)"
            R"("total":0.131},"failure":null,"tls":null,"certificate":null,)"
            R"("response":{"bytes":7,"matched":true,"excerpt":"+PONG\r\n"},"assertions":[)"
            R"({"type":"connection","expected":"success","actual":"success","passed":true,)"
            R"("severity":"fail"}]})");
}

TEST_F(ReportJson, ARefusedConnection) {
  std::string expected =
      R"({"monitor":{"id":"web-1","name":"web","host":"example.org","port":443,)"
      R"("labels":{"env":"prod","team":"core"}},"location":"local","agent":"agent-1",)"
      R"("scheduled_at":"2026-01-02T03:04:05.000Z","started_at":"2026-01-02T03:04:05.678Z",)"
      R"("attempts":1,"verdict":"down","status":"failure","address":"2001:db8::1","ip_family":6,)"
      R"("timings_ms":{"dns":null,"connect":null,"starttls":null,"tls":null,"response":null,)"
      R"("total":0.09},"failure":{"code":"connection_refused","phase":"connect","detail":")";
  expected += failure_info(FailureCode::kConnectionRefused).cause;
  expected += R"(","hint":")";
  expected += failure_info(FailureCode::kConnectionRefused).remedy;
  expected += R"("},"tls":{"protocol":null,"cipher":null,"group":null,"alpn":null,)"
              R"("server_name":"example.org","starttls":null,"verified":null,"chain_valid":null,)"
              R"("chain_error":null,"name_matches":null,"self_signed":null,"ocsp":null},)"
              R"("certificate":null,"response":null,"assertions":[)"
              R"({"type":"connection","expected":"success","actual":"failure","passed":false,)"
              R"("severity":"fail"},)"
              R"({"type":"response_time","expected":"less_than 500","actual":"0.09","passed":true,)"
              R"("severity":"warn"}]})";
  EXPECT_EQ(line(samples::refused(0)), expected);
}

bool holds(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

TEST_F(ReportJson, AnExpiredCertificateStillShowsEveryFact) {
  const std::string text = line(samples::expired(0));
  EXPECT_TRUE(holds(text, R"("verdict":"down","status":"failure")"));
  EXPECT_TRUE(holds(text, R"("failure":{"code":"certificate_expired","phase":"tls",)"
                          R"("detail":"CN=example.org expired 3 days ago","hint":"Renew)"));
  EXPECT_TRUE(holds(text, R"("verified":false,"chain_valid":false,)"
                          R"("chain_error":"certificate_expired","name_matches":true)"));
  EXPECT_TRUE(holds(text, R"("days_remaining":-3)"));
  EXPECT_TRUE(holds(text, R"("verified_expiry":null)"));
  EXPECT_TRUE(holds(text, R"("protocol":"TLSv1.3")"));
}

TEST_F(ReportJson, AlertsAreNamedAndAssertionsFailInTheVerdict) {
  Sample alert = samples::refused(0);
  alert.outcome().failure = FailureCode::kTlsAlert;
  alert.outcome().failure_phase = engine::Phase::kTls;
  alert.outcome().tls.alert = 40;
  EXPECT_TRUE(holds(line(alert), R"~("code":"tls_alert(handshake_failure)","phase":"tls")~"));

  Sample slow = samples::tls_success(0);
  slow.outcome().times.total_ns = 700'000'000;
  const std::string text = line(slow);
  EXPECT_TRUE(holds(text, R"("verdict":"degraded","status":"success")"));
  EXPECT_TRUE(holds(text, R"("failure":{"code":"assertion_failed","phase":"verdict",)"
                          R"("detail":"response_time: expected less_than 500, got 700")"));
}

TEST_F(ReportJson, VerifiedIsSaidOnlyWhereItWasAskedForAndHeld) {
  engine::MonitorSpec lax = samples::tls_monitor();
  lax.policy.tls.verify = false;
  const engine::MonitorSet monitors = samples::monitor_set({lax});
  const Sample sample = samples::tls_success(0);
  std::string text;
  append_report_json(text, sample.judged(monitors), monitors, {});
  EXPECT_TRUE(holds(text, R"("verified":false,"chain_valid":true)"));
  EXPECT_TRUE(holds(text, R"("location":"local","agent":null)"));
}

TEST_F(ReportJson, AnAddressIsNoServerName) {
  engine::MonitorSpec literal = samples::tls_monitor();
  literal.host = "192.0.2.10";
  engine::MonitorSpec named = literal;
  named.id = "named";
  named.server_name = "www.example.org";
  const engine::MonitorSet monitors = samples::monitor_set({literal, named});
  std::string without;
  const Sample first = samples::tls_success(0);
  append_report_json(without, first.judged(monitors), monitors, {});
  EXPECT_TRUE(holds(without, R"("server_name":null)"));
  std::string with;
  const Sample second = samples::tls_success(1);
  append_report_json(with, second.judged(monitors), monitors, {});
  EXPECT_TRUE(holds(with, R"("server_name":"www.example.org")"));
}

TEST_F(ReportJson, AnExcerptOfBytesIsStillText) {
  Sample sample = samples::redis_success(1);
  sample.outcome().set_response(std::string("\x4a\x00\x00\x00\x0a\xff\xe9", 7), false);
  EXPECT_TRUE(holds(line(sample), R"("excerpt":"J\u0000\u0000\u0000\n\u00ff\u00e9")"));
}

// Fills every text of a monitor and an outcome with bytes from `random`.
std::string noise(std::mt19937_64& random, std::size_t most) {
  std::string bytes(random() % (most + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

engine::MonitorSpec noisy_monitor(std::mt19937_64& random) {
  engine::MonitorSpec spec = samples::tls_monitor();
  spec.name = "n" + noise(random, 30);
  spec.id = "i" + noise(random, 30);
  spec.host = "h" + noise(random, 30);
  spec.labels = {{"k" + noise(random, 9), noise(random, 9)}};
  engine::Assertion response;
  response.subject = engine::Assertion::Subject::kResponse;
  response.comparison = engine::Assertion::Operator::kContains;
  response.values = {noise(random, 20)};
  spec.policy.assertions.push_back(response);
  return spec;
}

Sample noisy_outcome(std::mt19937_64& random) {
  Sample sample = samples::tls_success(0);
  engine::Outcome& outcome = sample.outcome();
  auto* report = new ssl::ChainReport;
  ssl::CertificateFacts facts;
  facts.subject = noise(random, 40);
  facts.issuer = noise(random, 40);
  facts.serial = noise(random, 20);
  facts.sans = {noise(random, 20), noise(random, 20)};
  facts.signature_algorithm = noise(random, 20);
  facts.not_before_s = static_cast<std::int64_t>(random() >> 20U);
  report->certificates = {facts, facts};
  outcome.release_payload();
  outcome.chain = ssl::ChainRef(report).release();
  outcome.set_response(noise(random, 100), true);
  outcome.set_detail(noise(random, 300));
  outcome.failure = static_cast<FailureCode>(random() % engine::kFailureCodeCount);
  outcome.tls.protocol = static_cast<std::uint16_t>(random());
  outcome.tls.cipher_suite = static_cast<std::uint16_t>(random());
  outcome.tls.group = static_cast<std::uint16_t>(random());
  outcome.tls.alert = static_cast<std::uint8_t>(random());
  const std::string alpn = noise(random, 31);
  std::copy(alpn.begin(), alpn.end(), outcome.tls.alpn.begin());
  return sample;
}

TEST(ReportJsonNoise, WhateverTheBytesALineIsValidJsonAndUtf8) {
  std::mt19937_64 random(20260102);
  simdjson::dom::parser parser;
  for (int round = 0; round < 2000; ++round) {
    const engine::MonitorSet monitors = samples::monitor_set({noisy_monitor(random)});
    const Sample sample = noisy_outcome(random);
    std::string line;
    append_report_json(line, sample.judged(monitors), monitors,
                       {noise(random, 10), noise(random, 10)});
    ASSERT_TRUE(simdjson::validate_utf8(line)) << line;
    ASSERT_EQ(line.find('\n'), line.npos);
    simdjson::dom::element element;
    const auto error = parser.parse(line).get(element);
    ASSERT_EQ(error, simdjson::SUCCESS) << simdjson::error_message(error) << ": " << line;
    ASSERT_EQ(element.get_object().value().size(), 16U);
  }
}

}  // namespace
}  // namespace tracer::cli
