#include "tests/unit/sinks/sample_reports.h"

#include <cassert>

namespace tracer::cli::samples {
namespace {

using engine::Assertion;
using engine::FailureCode;
using engine::Outcome;

ssl::CertificateFacts leaf_facts() {
  ssl::CertificateFacts leaf;
  leaf.subject = "CN=example.org";
  leaf.issuer = "CN=Example CA,O=Example";
  leaf.serial = "04ab";
  leaf.not_before_s = kStartedS - kDayS;
  leaf.not_after_s = kStartedS + 89 * kDayS + 10;
  for (std::size_t at = 0; at < leaf.fingerprint_sha256.size(); ++at) {
    leaf.fingerprint_sha256[at] = static_cast<std::uint8_t>(at);
  }
  leaf.key_type = ssl::KeyType::kEc;
  leaf.key_bits = 256;
  leaf.key_curve = "P-256";
  leaf.signature_algorithm = "ecdsa-with-SHA256";
  leaf.sans = {"DNS:example.org", "DNS:www.example.org", "IP:192.0.2.10"};
  return leaf;
}

ssl::CertificateFacts issuer_facts() {
  ssl::CertificateFacts issuer;
  issuer.subject = "CN=Example CA,O=Example";
  issuer.issuer = "CN=Example Root";
  issuer.serial = "01";
  issuer.not_before_s = kStartedS - 100 * kDayS;
  issuer.not_after_s = kStartedS + 400 * kDayS + 10;
  issuer.fingerprint_sha256.fill(0xEE);
  issuer.key_type = ssl::KeyType::kRsa;
  issuer.key_bits = 2048;
  issuer.signature_algorithm = "sha256WithRSAEncryption";
  issuer.is_ca = true;
  return issuer;
}

Outcome started(std::uint32_t monitor) {
  Outcome outcome;
  outcome.monitor = monitor;
  outcome.scheduled_unix_ms = kStartedMs - 678;
  outcome.started_unix_ms = kStartedMs;
  return outcome;
}

Outcome tls_outcome(std::uint32_t monitor, ssl::ChainRef chain) {
  Outcome outcome = started(monitor);
  outcome.address = *engine::IpAddress::parse("192.0.2.10");
  outcome.times = {100'000,  200'000, engine::kNotMeasured, 1'200'000, engine::kNotMeasured,
                   1'500'400};
  outcome.tls.completed = true;
  outcome.tls.judged = true;
  outcome.tls.protocol = 0x0304;
  outcome.tls.cipher_suite = 0x1301;
  outcome.tls.group = 23;
  outcome.tls.chain_valid = true;
  outcome.tls.name_matches = true;
  outcome.tls.verified_expiry_s = chain->earliest_expiry_s;
  outcome.chain = chain.release();
  return outcome;
}

}  // namespace

engine::MonitorSpec tls_monitor() {
  engine::MonitorSpec spec;
  spec.name = "web";
  spec.id = "web-1";
  spec.host = "example.org";
  spec.port = 443;
  spec.labels = {{"env", "prod"}, {"team", "core"}};
  spec.policy.tls.enabled = true;
  Assertion connection;
  connection.values = {"success"};
  Assertion quick;
  quick.subject = Assertion::Subject::kTimeTotal;
  quick.comparison = Assertion::Operator::kLessThan;
  quick.number = 500;
  quick.severity = Assertion::Severity::kWarn;
  spec.policy.assertions = {connection, quick};
  return spec;
}

engine::MonitorSpec redis_monitor() {
  engine::MonitorSpec spec;
  spec.id = "cache";
  spec.host = "127.0.0.1";
  spec.port = 6379;
  spec.policy.exchange.send = "PING\r\n";
  spec.policy.exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
  spec.policy.exchange.substring = "+PONG";
  return spec;
}

engine::MonitorSet monitor_set(const std::vector<engine::MonitorSpec>& specs) {
  engine::MonitorSetBuilder builder;
  for (const engine::MonitorSpec& spec : specs) {
    const auto added = builder.add(spec);
    assert(added.has_value());
    static_cast<void>(added);
  }
  return std::move(builder).build();
}

ssl::ChainRef chain() {
  auto* report = new ssl::ChainReport;
  report->certificates = {leaf_facts(), issuer_facts()};
  report->der = {{0x30, 0x03, 0x02, 0x01, 0x05}, {0x30, 0x00}};
  report->earliest_expiry_s = report->certificates.front().not_after_s;
  return ssl::ChainRef(report);
}

engine::Report Sample::judged(const engine::MonitorSet& monitors) const {
  return judge(outcome_, monitors.policy(monitors.at(outcome_.monitor)));
}

Sample tls_success(std::uint32_t monitor) { return Sample(tls_outcome(monitor, chain())); }

Sample redis_success(std::uint32_t monitor) {
  Outcome outcome = started(monitor);
  outcome.address = *engine::IpAddress::parse("127.0.0.1");
  outcome.times.connect_ns = 50'000;
  outcome.times.response_ns = 80'499;
  outcome.times.total_ns = 130'500;
  outcome.set_response("+PONG\r\n", false);
  outcome.response_matched = true;
  return Sample(outcome);
}

Sample refused(std::uint32_t monitor) {
  Outcome outcome = started(monitor);
  outcome.address = *engine::IpAddress::parse("2001:db8::1");
  outcome.failure = FailureCode::kConnectionRefused;
  outcome.failure_phase = engine::Phase::kConnect;
  outcome.times.total_ns = 90'000;
  return Sample(outcome);
}

Sample expired(std::uint32_t monitor) {
  auto* report = new ssl::ChainReport;
  report->certificates = {leaf_facts(), issuer_facts()};
  report->certificates.front().not_after_s = kStartedS - 3 * kDayS - 10;
  report->earliest_expiry_s = report->certificates.front().not_after_s;
  Outcome outcome = tls_outcome(monitor, ssl::ChainRef(report));
  outcome.failure = FailureCode::kCertificateExpired;
  outcome.failure_phase = engine::Phase::kTls;
  outcome.tls.chain_valid = false;
  outcome.tls.problems = static_cast<ssl::ChainProblems>(ssl::ChainProblem::kExpired);
  outcome.tls.verified_expiry_s = 0;
  outcome.set_detail("CN=example.org expired 3 days ago");
  return Sample(outcome);
}

}  // namespace tracer::cli::samples
