// STARTTLS, handshakes, judgement and exchanges over TLS, of a probe.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/unit/engine/probe_harness.h"

namespace tracer::engine {
namespace {

using ssl::ProtocolVersion;
using ssl::testing::ServerOptions;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kMs;
using testing::ProbeHarness;
using testing::ScriptedPeer;
using ::testing::StartsWith;
using testing::tls_monitor;
using testing::TlsPeer;
using Kind = testing::Operation::Kind;
using Then = ScriptedPeer::Then;

constexpr std::array kVersions{ProtocolVersion::kTls12, ProtocolVersion::kTls13};

ServerOptions only(ProtocolVersion version) {
  return {.min_version = version, .max_version = version};
}

// The harness's peers are TlsPeers of these options.
void serves(ProbeHarness& harness, const ServerOptions& options,
            const std::deque<std::string>& preamble = {},
            const std::vector<std::string>& answers = {}, bool closes = false) {
  harness.peer = [=](const Endpoint&) {
    auto peer = std::make_unique<TlsPeer>(options, preamble);
    peer->answers = answers;
    peer->closes = closes;
    return peer;
  };
}

// The one that was connected to last.
TlsPeer& tls_peer(ProbeHarness& harness) {
  return dynamic_cast<TlsPeer&>(harness.connected_peer());
}

MonitorSpec tls_expecting(std::string_view send, std::string_view expect) {
  MonitorSpec spec = tls_monitor();
  spec.policy.exchange = testing::expecting(send, expect).policy.exchange;
  return spec;
}

TEST(ProbeTls, ReadsTheFactsAndSaysGoodbye) {
  for (const auto version : kVersions) {
    ProbeHarness harness(tls_monitor());
    serves(harness, only(version));
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, FailureCode::kNone) << outcome.detail_text();
    EXPECT_TRUE(outcome.tls.completed);
    EXPECT_TRUE(outcome.tls.judged);
    EXPECT_TRUE(outcome.tls.chain_valid);
    EXPECT_TRUE(outcome.tls.name_matches);
    EXPECT_EQ(outcome.tls.protocol, static_cast<std::uint16_t>(version));
    EXPECT_EQ(ssl::group_name(outcome.tls.group), "P-256");
    ASSERT_NE(outcome.chain, nullptr);
    EXPECT_GT(outcome.times.tls_ns, 0);
    EXPECT_EQ(outcome.times.starttls_ns, kNotMeasured);
    EXPECT_TRUE(tls_peer(harness).server.done());
    EXPECT_TRUE(tls_peer(harness).server.client_closed());
    EXPECT_EQ(tls_peer(harness).server.server_name(), "www.example.test");
  }
}

TEST(ProbeTls, TakesItByteByByte) {
  for (const auto version : kVersions) {
    ProbeHarness harness(tls_expecting("PING", "PONG"));
    serves(harness, only(version), {}, {"+PO", "NG"});
    harness.piece = 1;
    harness.step_ns = 1000;
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, FailureCode::kNone) << outcome.detail_text();
    EXPECT_TRUE(outcome.response_matched);
    EXPECT_EQ(outcome.excerpt_text(), "+PONG");
  }
}

// Not one byte of the monitor's leaves when the chain is not to be trusted.
TEST(ProbeTls, AChainThatFailsKeepsTheMonitorsBytesBack) {
  struct Case {
    std::vector<std::string> chain;
    FailureCode code;
  };
  for (const auto version : kVersions) {
    for (const Case& bad : {Case{{"self_signed"}, FailureCode::kCertificateSelfSigned},
                            Case{{"p256"}, FailureCode::kCertificateChainIncomplete},
                            Case{{"wildcard", "intermediate"}, FailureCode::kNone}}) {
      MonitorSpec spec = tls_expecting("secret", "PONG");
      ServerOptions options = only(version);
      options.chain = bad.chain;
      if (bad.chain.front() == "wildcard") options.key = "p256";  // its own key is not kept
      ProbeHarness harness(spec);
      serves(harness, options, {}, {"PONG"});
      harness.start();
      const Outcome& outcome = harness.finish();
      if (bad.code == FailureCode::kNone) {  // a wrong key: no handshake at all
        EXPECT_EQ(outcome.failure, FailureCode::kTlsProtocolError);
        EXPECT_FALSE(outcome.tls.completed);
      } else {
        EXPECT_EQ(outcome.failure, bad.code) << outcome.detail_text();
        EXPECT_TRUE(outcome.tls.completed);
        EXPECT_FALSE(outcome.tls.chain_valid);
      }
      EXPECT_TRUE(outcome.tls.judged);
      EXPECT_EQ(outcome.failure_phase, Phase::kTls);
      EXPECT_NE(outcome.chain, nullptr);
      EXPECT_THAT(tls_peer(harness).server.plaintext(), IsEmpty());
    }
  }
}

TEST(ProbeTls, VerificationCanBeSwitchedOffAndIsReportedAllTheSame) {
  MonitorSpec spec = tls_expecting("PING", "PONG");
  spec.policy.tls.verify = false;
  ServerOptions options;
  options.chain = {"self_signed"};
  ProbeHarness harness(spec);
  serves(harness, options, {}, {"PONG"});
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kNone);
  EXPECT_FALSE(outcome.tls.chain_valid);
  EXPECT_TRUE(outcome.tls.self_signed);
  EXPECT_EQ(tls_peer(harness).server.plaintext(), "PING");
}

TEST(ProbeTls, AWrongNameFails) {
  MonitorSpec spec = tls_monitor();
  spec.server_name = "other.example.test";
  for (const bool skip : {false, true}) {
    spec.policy.tls.skip_hostname_verify = skip;
    ProbeHarness harness(spec);
    serves(harness, {});
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, skip ? FailureCode::kNone : FailureCode::kCertificateNameMismatch);
    EXPECT_FALSE(outcome.tls.name_matches);
    EXPECT_TRUE(outcome.tls.chain_valid);
  }
}

struct Trouble {
  std::deque<std::string> lines;
  Then then;
  FailureCode code;
};

TEST(ProbeTls, TellsWhatIsWrongWithAHandshake) {
  using namespace std::string_literals;
  for (const Trouble& trouble :
       {Trouble{{}, Then::kSilence, FailureCode::kTlsTimeout},
        Trouble{{}, Then::kClose, FailureCode::kTlsClosed},
        Trouble{{"SSH-2.0-x\r\n"}, Then::kSilence, FailureCode::kTlsNotTls},
        Trouble{{"\x15\x03\x01\x00\x02\x02\x28"s}, Then::kClose, FailureCode::kTlsNoCommonCipher},
        Trouble{
            {"\x15\x03\x01\x00\x02\x02\x46"s}, Then::kClose, FailureCode::kTlsVersionUnsupported},
        Trouble{{"\x15\x03\x01\x00\x02\x02\x50"s}, Then::kClose, FailureCode::kTlsAlert},
        Trouble{{"\x16\x03\x03\x00\x04\xff\xff\xff\xff"s},
                Then::kClose,
                FailureCode::kTlsProtocolError},
        Trouble{{"\x16\x03\x03"s}, Then::kClose, FailureCode::kTlsClosed}}) {
    ProbeHarness harness(tls_expecting("PING", "PONG"));
    harness.peer = [&trouble](const Endpoint&) {
      return std::make_unique<ScriptedPeer>(trouble.lines, trouble.then);
    };
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, trouble.code) << outcome.detail_text();
    EXPECT_EQ(outcome.failure_phase, Phase::kTls);
    EXPECT_FALSE(outcome.tls.completed);
    EXPECT_FALSE(outcome.response_measured);
    EXPECT_EQ(outcome.tls.alert, trouble.code == FailureCode::kTlsAlert ? 80 : outcome.tls.alert);
  }
}

TEST(ProbeTls, AnOldServerIsOutOfRange) {
  ProbeHarness harness(tls_monitor());
  serves(harness, only(ProtocolVersion::kTls11));
  harness.start();
  EXPECT_EQ(harness.finish().failure, FailureCode::kTlsVersionUnsupported);
}

TEST(ProbeTls, TellsHowAResponseFailedToCome) {
  struct Case {
    std::vector<std::string> answers;
    bool closes;
    FailureCode code;
  };
  for (const auto version : kVersions) {
    for (const Case& bad :
         {Case{{}, false, FailureCode::kResponseTimeout},
          Case{{"no"}, false, FailureCode::kResponseMismatch},
          Case{{"no"}, true, FailureCode::kResponseMismatch},
          Case{{std::string(70'000, 'x')}, false, FailureCode::kResponseTooLarge}}) {
      ProbeHarness harness(tls_expecting("PING", "PONG"));
      serves(harness, only(version), {}, bad.answers, bad.closes);
      harness.start();
      const Outcome& outcome = harness.finish();
      EXPECT_EQ(outcome.failure, bad.code) << outcome.detail_text();
      EXPECT_EQ(outcome.failure_phase, Phase::kResponse);
      EXPECT_TRUE(outcome.tls.completed);
      EXPECT_TRUE(outcome.response_measured);
    }
  }
}

// ---- client certificates --------------------------------------------------------------------

TEST(ProbeClientCertificate, AServerThatDemandsOneIsDown) {
  for (const auto version : kVersions) {
    for (const char* send : {"", "PING"}) {
      for (const char* expect : {"", "PONG"}) {
        MonitorSpec spec = tls_monitor();
        if (*expect != '\0') spec = tls_expecting(send, expect);
        spec.policy.exchange.send = send;
        ServerOptions options = only(version);
        options.requires_client_certificate = true;
        ProbeHarness harness(spec);
        serves(harness, options, {}, {"PONG"});
        harness.start();
        const Outcome& outcome = harness.finish();
        EXPECT_EQ(outcome.failure, FailureCode::kClientCertificateRequired)
            << "send '" << send << "' expect '" << expect << "' " << outcome.detail_text();
        EXPECT_EQ(outcome.failure_phase, Phase::kTls);
        EXPECT_NE(outcome.chain, nullptr);
      }
    }
  }
}

TEST(ProbeClientCertificate, AServerThatOnlyAsksIsUpOnceItHadItsMoment) {
  ServerOptions options = only(ProtocolVersion::kTls13);
  options.wants_client_certificate = true;
  ProbeHarness harness(tls_monitor());
  serves(harness, options);
  harness.start();
  do {
    harness.complete();
  } while (!tls_peer(harness).server.done());
  // A server with nothing to say: the window ends, long before the timeout.
  const std::int64_t before = harness.now_ns();
  while (!harness.reported()) {
    harness.can_complete() ? harness.complete() : harness.pass_to_deadline();
  }
  EXPECT_LE(harness.now_ns() - before, limits::kRefusalWindowNs + 10 * kMs);
  EXPECT_EQ(harness.finish().failure, FailureCode::kNone);
}

TEST(ProbeClientCertificate, AnAnswerIsReadWhereOneIsAwaited) {
  MonitorSpec spec = tls_monitor();
  Assertion assertion;
  assertion.subject = Assertion::Subject::kResponse;
  assertion.comparison = Assertion::Operator::kContains;
  assertion.values = {"PONG"};
  spec.policy.assertions = {assertion};
  spec.policy.exchange.send = "PING";
  ServerOptions options = only(ProtocolVersion::kTls13);
  options.wants_client_certificate = true;
  ProbeHarness harness(spec);
  serves(harness, options, {}, {"PONG"});
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kNone);
  EXPECT_EQ(outcome.response_text(), "PONG");
}

TEST(ProbeClientCertificate, IsGiven) {
  for (const auto version : kVersions) {
    MonitorSpec spec = tls_expecting("PING", "PONG");
    spec.policy.tls.cert_file = std::string(TRACER_TEST_CHAINS) + "/clients_only.pem";
    spec.policy.tls.key_file = std::string(TRACER_TEST_CHAINS) + "/clients_only.key";
    ServerOptions options = only(version);
    options.requires_client_certificate = true;
    ProbeHarness harness(spec);
    serves(harness, options, {}, {"PONG"});
    harness.start();
    EXPECT_EQ(harness.finish().failure, FailureCode::kNone) << harness.outcome().detail_text();
    EXPECT_GT(tls_peer(harness).server.client_certificates(), 0);
  }
}

// ---- the farewell ---------------------------------------------------------------------------

TEST(ProbeFarewell, IsNoConditionOfSuccess) {
  for (const bool blocked : {true, false}) {
    ProbeHarness harness(tls_expecting("PING", "PONG"));
    serves(harness, {}, {}, {"PONG"});
    harness.start();
    while (!harness.reported()) harness.complete();
    ASSERT_EQ(harness.pending()->kind, Kind::kSend);
    if (blocked) {
      harness.pass_to_deadline();
      EXPECT_TRUE(harness.pending()->cancelled);
    } else {
      harness.complete(-EPIPE);
    }
    EXPECT_EQ(harness.finish().failure, FailureCode::kNone);
  }
}

// ---- STARTTLS -------------------------------------------------------------------------------

MonitorSpec smtp_monitor() {
  MonitorSpec spec = tls_monitor();
  spec.port = 25;
  spec.policy.tls.starttls = StarttlsProtocol::kSmtp;
  return spec;
}

const std::deque<std::string> kSmtp{"220 mx.example.test ESMTP\r\n",
                                    "250-mx.example.test\r\n250 STARTTLS\r\n", "220 go ahead\r\n"};

TEST(ProbeStarttls, LeadsToTls) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    ProbeHarness harness(smtp_monitor());
    serves(harness, {}, kSmtp);
    harness.piece = piece;
    harness.step_ns = 1000;
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, FailureCode::kNone) << outcome.detail_text();
    EXPECT_THAT(tls_peer(harness).clear, StartsWith("EHLO "));
    EXPECT_THAT(tls_peer(harness).clear, HasSubstr("\r\nSTARTTLS\r\n"));
    EXPECT_GT(outcome.times.starttls_ns, 0);
    EXPECT_GT(outcome.times.tls_ns, 0);
    EXPECT_TRUE(tls_peer(harness).server.client_closed());
  }
}

TEST(ProbeStarttls, TellsWhatIsWrong) {
  for (const Trouble& trouble :
       {Trouble{{}, Then::kSilence, FailureCode::kTlsTimeout},
        Trouble{{}, Then::kClose, FailureCode::kStarttlsProtocolError},
        Trouble{{"554 no\r\n"}, Then::kSilence, FailureCode::kStarttlsRefused},
        Trouble{{kSmtp[0], "250 mx\r\n"}, Then::kSilence, FailureCode::kStarttlsRefused},
        Trouble{
            {kSmtp[0], kSmtp[1], "454 not now\r\n"}, Then::kSilence, FailureCode::kStarttlsRefused},
        Trouble{{"HTTP/1.1 400 Bad\r\n"}, Then::kSilence, FailureCode::kStarttlsProtocolError},
        Trouble{{kSmtp[0]}, Then::kClose, FailureCode::kStarttlsProtocolError},
        Trouble{{kSmtp[0], kSmtp[1]}, Then::kSilence, FailureCode::kTlsTimeout},
        // Clear bytes behind the go-ahead are never fed to TLS.
        Trouble{{kSmtp[0], kSmtp[1], "220 go\r\n250 injected\r\n"},
                Then::kSilence,
                FailureCode::kStarttlsProtocolError}}) {
    ProbeHarness harness(smtp_monitor());
    harness.peer = [&trouble](const Endpoint&) {
      return std::make_unique<ScriptedPeer>(trouble.lines, trouble.then);
    };
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, trouble.code) << outcome.detail_text();
    EXPECT_EQ(outcome.failure_phase, Phase::kStarttls);
    EXPECT_FALSE(outcome.detail_text().empty());
    EXPECT_EQ(outcome.times.starttls_ns, kNotMeasured);
  }
}

TEST(ProbeStarttls, AResetIsOne) {
  for (int completions = 1; completions < 7; ++completions) {
    ProbeHarness harness(smtp_monitor());
    serves(harness, {}, kSmtp);
    harness.start();
    for (int i = 0; i < completions; ++i) harness.complete();
    harness.complete(-ECONNRESET);
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, FailureCode::kConnectionReset);
    EXPECT_EQ(outcome.failure_phase, completions < 6 ? Phase::kStarttls : Phase::kTls);
  }
}

}  // namespace
}  // namespace tracer::engine
