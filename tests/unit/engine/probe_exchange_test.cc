// What a probe sends in clear once connected, and what it makes of the response.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <utility>

#include "tests/unit/engine/probe_harness.h"

namespace tracer::engine {
namespace {

using testing::ErrnoCase;
using testing::expecting;
using testing::kMs;
using testing::plain_monitor;
using testing::ProbeHarness;
using testing::ScriptedPeer;
using testing::speaks;
using Kind = testing::Operation::Kind;
using Then = ScriptedPeer::Then;

TEST(ProbeExchange, SendsInPiecesAndFindsWhatIsExpectedInPieces) {
  ProbeHarness harness(expecting("PING\r\n", "+PONG"));
  ScriptedPeer* peer = nullptr;
  harness.peer = [&peer](const Endpoint&) {
    auto made = std::make_unique<ScriptedPeer>(std::deque<std::string>{"hello +PONG\r\n"});
    peer = made.get();
    return made;
  };
  harness.piece = 1;
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kNone);
  EXPECT_EQ(peer->heard, "PING\r\n");
  EXPECT_TRUE(outcome.response_measured);
  EXPECT_TRUE(outcome.response_matched);
  EXPECT_EQ(outcome.excerpt_text(), "hello +PONG");
  EXPECT_EQ(outcome.times.response_ns, 17 * kMs);  // six sends and eleven receives
}

TEST(ProbeExchange, ABannerNeedsNoQuestion) {
  ProbeHarness harness(expecting("", "SSH-"));
  speaks(harness, {"SSH-2.0-x\r\n"});
  harness.start();
  EXPECT_EQ(harness.finish().failure, FailureCode::kNone);
}

TEST(ProbeExchange, WhatIsSentNeedsNoAnswer) {
  MonitorSpec spec = plain_monitor();
  spec.policy.exchange.send = "bytes";
  ProbeHarness harness(spec);
  speaks(harness, {});
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kNone);
  EXPECT_FALSE(outcome.response_measured);
}

struct Response {
  std::deque<std::string> lines;
  Then then;
  FailureCode code;
};

TEST(ProbeExchange, TellsHowTheExpectedFailedToCome) {
  const std::string much(4096, 'x');
  for (const Response& response :
       {Response{{}, Then::kSilence, FailureCode::kResponseTimeout},
        Response{{}, Then::kClose, FailureCode::kResponseClosed},
        Response{{"-ERR"}, Then::kSilence, FailureCode::kResponseMismatch},
        Response{{"-ERR"}, Then::kClose, FailureCode::kResponseMismatch},
        Response{std::deque<std::string>(16, much), Then::kSilence, FailureCode::kResponseTooLarge},
        Response{std::deque<std::string>(99, much), Then::kClose, FailureCode::kResponseTooLarge},
        Response{std::deque<std::string>(15, much), Then::kClose,
                 FailureCode::kResponseMismatch}}) {
    ProbeHarness harness(expecting("PING", "+PONG"));
    speaks(harness, response.lines, response.then);
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, response.code) << response.lines.size();
    EXPECT_EQ(outcome.failure_phase, Phase::kResponse);
    EXPECT_FALSE(outcome.detail_text().empty());
    EXPECT_TRUE(outcome.response_measured);
    EXPECT_FALSE(outcome.response_matched);
    EXPECT_LE(outcome.response_bytes, limits::kMaxResponseBytes);
    EXPECT_EQ(
        outcome.response_bytes,
        std::min(response.lines.size() * (response.lines.empty() ? 0 : response.lines[0].size()),
                 std::size_t{limits::kMaxResponseBytes}));
  }
}

TEST(ProbeExchange, TheExpectedMayEndAtTheVeryLastByte) {
  ProbeHarness harness(expecting("", "end"));
  std::string all(limits::kMaxResponseBytes, 'x');
  all.replace(all.size() - 3, 3, "end");
  speaks(harness, {all});
  harness.start();
  EXPECT_EQ(harness.finish().failure, FailureCode::kNone);
}

TEST(ProbeExchange, MatchesARegularExpression) {
  for (const bool matches : {true, false}) {
    MonitorSpec spec = plain_monitor();
    spec.policy.exchange.expect = ExchangePolicy::Expect::kPattern;
    spec.policy.exchange.pattern = Pattern::compile("^[0-9]+ ready$").value();
    ProbeHarness harness(spec);
    speaks(harness, {matches ? "220 re" : "x220 re", "ady"}, Then::kClose);
    harness.start();
    EXPECT_EQ(harness.finish().failure,
              matches ? FailureCode::kNone : FailureCode::kResponseMismatch);
  }
}

TEST(ProbeExchange, ReadsOnForAssertionsAlone) {
  MonitorSpec spec = plain_monitor();
  Assertion assertion;
  assertion.subject = Assertion::Subject::kResponse;
  assertion.comparison = Assertion::Operator::kContains;
  assertion.values = {"one", "two"};
  spec.policy.assertions = {assertion};
  for (const Response& response :
       {Response{{"one ", "two ", "three"}, Then::kSilence, FailureCode::kNone},
        Response{{"one "}, Then::kClose, FailureCode::kNone},
        Response{{}, Then::kClose, FailureCode::kResponseClosed},
        Response{{}, Then::kSilence, FailureCode::kResponseTimeout}}) {
    ProbeHarness harness(spec);
    speaks(harness, response.lines, response.then);
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, response.code);
    const std::string read = response.lines.size() == 3 ? "one two "
                             : response.lines.empty()   ? ""
                                                        : "one ";
    EXPECT_EQ(outcome.response_text(), read);
  }
}

TEST(ProbeExchange, WhatMustNotComeIsLookedForToTheEnd) {
  MonitorSpec spec = plain_monitor();
  Assertion assertion;
  assertion.subject = Assertion::Subject::kResponse;
  assertion.comparison = Assertion::Operator::kNotContains;
  assertion.values = {"error"};
  spec.policy.assertions = {assertion};
  for (const auto& [response, read] :
       {std::pair{Response{{"fine ", "fine "}, Then::kClose, FailureCode::kNone}, "fine fine "},
        {Response{{"fine ", "fine "}, Then::kSilence, FailureCode::kNone}, "fine fine "},
        {Response{{"fine ", "error ", "more"}, Then::kSilence, FailureCode::kNone},
         "fine error "}}) {
    ProbeHarness harness(spec);
    speaks(harness, response.lines, response.then);
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, response.code);
    EXPECT_EQ(outcome.response_text(), read);
  }
}

TEST(ProbeExchange, KeepsALongBodyForAssertions) {
  MonitorSpec spec = plain_monitor();
  Assertion assertion;
  assertion.subject = Assertion::Subject::kResponse;
  assertion.comparison = Assertion::Operator::kContains;
  assertion.values = {"needle"};
  spec.policy.assertions = {assertion};
  ProbeHarness harness(spec);
  const std::string body = std::string(10'000, '.') + "needle";
  speaks(harness, {body});
  harness.start();
  EXPECT_EQ(harness.finish().response_text(), body);
}

TEST(ProbeExchange, EveryTransferErrorHasItsCode) {
  for (const ErrnoCase& expected : {ErrnoCase{ECONNRESET, FailureCode::kConnectionReset},
                                    {EPIPE, FailureCode::kConnectionReset},
                                    {ETIMEDOUT, FailureCode::kConnectionTimeout},
                                    {EHOSTUNREACH, FailureCode::kHostUnreachable},
                                    {ENETUNREACH, FailureCode::kNetworkUnreachable},
                                    {EPERM, FailureCode::kPolicyDenied},
                                    {ENOMEM, FailureCode::kLocalResources}}) {
    for (const bool while_sending : {true, false}) {
      ProbeHarness harness(expecting("PING", "PONG"));
      speaks(harness, {"PO"});
      harness.start();
      harness.complete();
      if (!while_sending) {
        harness.complete();
        harness.complete();
      }
      ASSERT_EQ(harness.pending()->kind, while_sending ? Kind::kSend : Kind::kReceive);
      harness.complete(-expected.error);
      const Outcome& outcome = harness.finish();
      EXPECT_EQ(outcome.failure, expected.code);
      EXPECT_EQ(outcome.failure_phase, Phase::kResponse);
      EXPECT_EQ(outcome.excerpt_text(), while_sending ? "" : "PO");
    }
  }
}

TEST(ProbePool, ASlotServesOneProbeAfterTheOther) {
  ProbeHarness harness(expecting("PING", "PONG"));
  speaks(harness, {"PONG"});
  for (std::uint8_t attempt = 1; attempt <= 5; ++attempt) {
    harness.start(attempt);
    if (attempt == 3) harness.complete(-ECONNREFUSED);
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.attempt, attempt);
    EXPECT_EQ(outcome.failure, attempt == 3 ? FailureCode::kConnectionRefused : FailureCode::kNone);
    EXPECT_EQ(outcome.response_matched, attempt != 3);
  }
}

}  // namespace
}  // namespace tracer::engine
