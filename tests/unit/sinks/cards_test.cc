#include "tools/tracer/sinks/check_card.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/unit/sinks/captured_output.h"
#include "tests/unit/sinks/manual_clock.h"
#include "tests/unit/sinks/sample_reports.h"
#include "tools/tracer/sinks/card_sink.h"
#include "tools/tracer/sinks/certificate_card.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;
using samples::Sample;

class CardTest : public testing::Test {
 protected:
  std::string check(const Sample& sample, const Presentation& presentation = {}) const {
    return check_card(sample.judged(monitors_), monitors_, presentation);
  }
  std::string certificate(const Sample& sample, const Presentation& presentation = {}) const {
    return certificate_card(sample.judged(monitors_), monitors_, presentation);
  }
  static bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
  }

  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
};

TEST_F(CardTest, ATlsServiceThatIsUp) {
  EXPECT_EQ(check(samples::tls_success(0)), R"(web  example.org:443 (192.0.2.10)
  verdict    ✔ up

  times
    dns         100 µs
    connect     200 µs
    tls        1.20 ms
    total      1.50 ms

  tls
    negotiated TLSv1.3, TLS_AES_128_GCM_SHA256, P-256
    trust      ✔ the chain is trusted, the name matches
    subject    CN=example.org
    issuer     CN=Example CA,O=Example
    valid      2026-01-01 03:04:05 UTC to 2026-04-01 03:04:15 UTC, 89 days left
    key        EC P-256, 256 bits, ecdsa-with-SHA256

  assertions
    ✔ connection: expected success, got success
    ✔ response_time: expected less_than 500, got 1.5
)");
}

TEST_F(CardTest, APlainServiceThatAnswers) {
  EXPECT_EQ(check(samples::redis_success(1)), R"(127.0.0.1:6379
  verdict    ✔ up

  times
    connect      50 µs
    response     80 µs
    total       130 µs

  response
    bytes      7
    expected   found
    begins     +PONG\r\n
)");
}

TEST_F(CardTest, AFailureIsWrappedToTheTerminal) {
  Presentation narrow;
  narrow.columns = 72;
  Sample sample = samples::refused(0);
  sample.outcome().attempt = 3;
  EXPECT_EQ(check(sample, narrow), R"(web  example.org:443 (2001:db8::1)
  verdict    ✘ down after 3 attempts
  failure    connection_refused (connect): The host answered that
             nothing accepts connections on this port.
  hint       Check that the service is running and listens on this
             address and port, that the port is the right one, and that
             no firewall rejects the agents' addresses: allow them.

  times
    total        90 µs

  tls
    negotiated –
    trust      not judged: no certificate arrived

  assertions
    ✘ connection: expected success, got failure
    ✔ response_time: expected less_than 500, got 0.09
)");
}

TEST_F(CardTest, AnExpiredCertificateShowsAllItSays) {
  Presentation narrow;
  narrow.columns = 72;
  EXPECT_EQ(check(samples::expired(0), narrow), R"(web  example.org:443 (192.0.2.10)
  verdict    ✘ down
  failure    certificate_expired (tls): CN=example.org expired 3 days
             ago
  hint       Renew the certificate and reload the service so that it
             serves the new one; check that automatic renewal runs.

  times
    dns         100 µs
    connect     200 µs
    tls        1.20 ms
    total      1.50 ms

  tls
    negotiated TLSv1.3, TLS_AES_128_GCM_SHA256, P-256
    trust      ✘ the chain is not trusted, the name matches
    subject    CN=example.org
    issuer     CN=Example CA,O=Example
    valid      2026-01-01 03:04:05 UTC to 2025-12-30 03:03:55 UTC, expired 3 days ago
    key        EC P-256, 256 bits, ecdsa-with-SHA256

  assertions
    ✘ connection: expected success, got failure
    ✔ response_time: expected less_than 500, got 1.5
)");
}

TEST_F(CardTest, AStapleIsToldWhereOneCame) {
  Sample sample = samples::tls_success(0);
  EXPECT_FALSE(holds(certificate(sample), "ocsp"));
  sample.outcome().tls.ocsp = ssl::OcspStatus::kExpired;
  EXPECT_TRUE(holds(certificate(sample), "  ocsp       expired\n"));
}

TEST_F(CardTest, TheChainAsATree) {
  EXPECT_EQ(certificate(samples::tls_success(0)), R"(web  example.org:443 (192.0.2.10)
  TLS        TLSv1.3, TLS_AES_128_GCM_SHA256, P-256
  trust      ✔ the chain is trusted, the name matches

  0 CN=example.org  (leaf)
    issuer     CN=Example CA,O=Example
    valid      2026-01-01 03:04:05 UTC to 2026-04-01 03:04:15 UTC, 89 days left
    names      DNS:example.org, DNS:www.example.org, IP:192.0.2.10
    key        EC P-256, 256 bits
    signature  ecdsa-with-SHA256
    serial     04ab
    SHA-256    000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

  └ 1 CN=Example CA,O=Example  (intermediate)
      issuer     CN=Example Root
      valid      2025-09-24 03:04:05 UTC to 2027-02-06 03:04:15 UTC, 400 days left
      key        RSA, 2048 bits
      signature  sha256WithRSAEncryption
      serial     01
      SHA-256    eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
)");
}

TEST_F(CardTest, TheChainThatIsNotTrustedSaysWhy) {
  const std::string text = certificate(samples::expired(0));
  EXPECT_TRUE(holds(text,
                    "  trust      ✘ the chain is not trusted, the name matches\n"
                    "  failure    certificate_expired (tls): CN=example.org expired 3 days "
                    "ago\n"
                    "  hint       Renew the certificate"));
  EXPECT_TRUE(holds(text, "to 2025-12-30 03:03:55 UTC, expired 3 days ago\n"));
}

TEST_F(CardTest, WhatIsNotEnforcedIsStillJudged) {
  engine::MonitorSpec lax = samples::tls_monitor();
  lax.policy.tls.verify = false;
  engine::MonitorSpec internal = samples::tls_monitor();
  internal.id = "internal";
  internal.policy.tls.skip_hostname_verify = true;
  const engine::MonitorSet monitors = samples::monitor_set({lax, internal});
  for (std::uint32_t monitor : {0U, 1U}) {
    Sample sample = samples::expired(monitor);
    sample.outcome().failure = FailureCode::kNone;
    sample.outcome().tls.problems =
        static_cast<ssl::ChainProblems>(ssl::ChainProblem::kSelfSigned) |
        static_cast<ssl::ChainProblems>(ssl::ChainProblem::kNameMismatch);
    sample.outcome().tls.name_matches = false;
    const std::string text = certificate_card(sample.judged(monitors), monitors, {});
    EXPECT_TRUE(holds(text, "✘ certificate_self_signed, the name does not match ("));
    EXPECT_TRUE(holds(text, monitor == 0 ? "(not enforced: verify is off)"
                                         : "(accepted: skip_hostname_verify is on)"));
  }
}

TEST_F(CardTest, ACertificateThatIsNotValidYetAndOneThatEndsToday) {
  Sample sample = samples::tls_success(0);
  sample.outcome().started_unix_ms -= 2 * samples::kDayS * 1000;
  EXPECT_TRUE(holds(certificate(sample), ", not valid yet\n"));
  sample.outcome().started_unix_ms = (samples::kStartedS + 89 * samples::kDayS) * 1000;
  EXPECT_TRUE(holds(certificate(sample), ", 0 days left\n"));
  sample.outcome().started_unix_ms += 60'000;
  EXPECT_TRUE(holds(certificate(sample), ", expired today\n"));
  sample.outcome().started_unix_ms += samples::kDayS * 1000;
  EXPECT_TRUE(holds(certificate(sample), ", expired 1 day ago\n"));
}

TEST_F(CardTest, NothingForeignSteersTheTerminal) {
  std::mt19937_64 random(99);
  const auto noise = [&] {
    std::string bytes(random() % 30, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  };
  for (int round = 0; round < 500; ++round) {
    engine::MonitorSpec spec = samples::tls_monitor();
    spec.name = "n" + noise();
    spec.host = "h" + noise();
    const engine::MonitorSet monitors = samples::monitor_set({spec});
    Sample sample = samples::expired(0);
    auto* report = new ssl::ChainReport;
    ssl::CertificateFacts facts;
    facts.subject = noise();
    facts.issuer = noise();
    facts.serial = noise();
    facts.sans = {noise()};
    facts.signature_algorithm = noise();
    report->certificates = {facts, facts};
    sample.outcome().release_payload();
    sample.outcome().chain = ssl::ChainRef(report).release();
    sample.outcome().set_detail(noise());
    sample.outcome().set_response(noise(), false);
    Presentation narrow;
    narrow.columns = static_cast<int>(20 + random() % 80);
    const engine::Report judged = sample.judged(monitors);
    for (const std::string& text :
         {check_card(judged, monitors, narrow), certificate_card(judged, monitors, narrow)}) {
      for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        ASSERT_TRUE(byte == '\n' || (byte >= 0x20 && byte != 0x7F)) << text;
      }
    }
  }
}

TEST_F(CardTest, CardsStandApart) {
  CapturedOutput output;
  ManualClock clock;
  CardSink sink(
      output.descriptor(), [](const engine::Report&) { return "card\n"; }, "\n", clock);
  const Sample sample = samples::redis_success(1);
  const engine::Report report = sample.judged(monitors_);
  sink.write({&report, 1});
  EXPECT_EQ(output.text(), "card\n");
  sink.write({&report, 1});
  EXPECT_TRUE(sink.finish().has_value());
  EXPECT_EQ(output.text(), "card\n\ncard\n");
}

TEST_F(CardTest, ProgressMakesWayForACard) {
  CapturedOutput output;
  CapturedOutput terminal;
  ManualClock clock;
  ProgressSink progress(terminal.descriptor(), 1, {}, clock);
  CardSink sink(
      output.descriptor(), [](const engine::Report&) { return "card\n"; }, "", clock, &progress);
  clock.advance_ms(1000);
  progress.tick();
  const std::string drawn = terminal.text();
  const Sample sample = samples::redis_success(1);
  const engine::Report report = sample.judged(monitors_);
  sink.write({&report, 1});
  EXPECT_EQ(terminal.text(), drawn + "\r\x1b[K");
  EXPECT_EQ(output.text(), "card\n");
}

}  // namespace
}  // namespace tracer::cli
