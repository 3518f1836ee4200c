// Every fault at every operation: whole probes, with something going wrong at the n-th step, for
// each n. The harness asserts what must hold: one report, no slot given back too early, one
// operation at a time; the address sanitizer, that nothing is kept or lost.

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "tests/unit/engine/probe_harness.h"

namespace tracer::engine {
namespace {

using testing::addresses;
using testing::expecting;
using testing::kMs;
using testing::ProbeHarness;
using testing::ScriptedPeer;
using testing::tls_monitor;
using testing::TlsPeer;
using Kind = testing::Operation::Kind;

struct Scenario {
  std::string name;
  MonitorSpec spec;
  std::function<std::unique_ptr<testing::Peer>()> peer;
};

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

MonitorSpec with_name(MonitorSpec spec, AddressMode mode) {
  spec.host = "www.example.test";
  spec.policy.addresses = mode;
  return spec;
}

Scenario tls_scenario(std::string name, MonitorSpec spec,
                      const ssl::testing::ServerOptions& options,
                      const std::deque<std::string>& preamble = {}) {
  return {std::move(name), std::move(spec), [options, preamble] {
            auto peer = std::make_unique<TlsPeer>(options, preamble);
            peer->answers = {"PO", "NG"};
            return peer;
          }};
}

std::vector<Scenario> scenarios() {
  const auto pong = [] {
    return std::make_unique<ScriptedPeer>(std::deque<std::string>{"PO", "NG"});
  };
  MonitorSpec tls = tls_monitor();
  tls.policy.exchange = expecting("PING", "PONG").policy.exchange;
  MonitorSpec smtp = tls;
  smtp.policy.tls.starttls = StarttlsProtocol::kSmtp;
  const ssl::testing::ServerOptions tls12{.min_version = ssl::ProtocolVersion::kTls12,
                                          .max_version = ssl::ProtocolVersion::kTls12};
  const ssl::testing::ServerOptions wants{.wants_client_certificate = true};
  return {
      {"plain", expecting("PING", "PONG"), pong},
      {"plain_any", with_name(expecting("PING", "PONG"), AddressMode::kAny), pong},
      {"plain_all", with_name(expecting("PING", "PONG"), AddressMode::kAll), pong},
      tls_scenario("tls12", tls, tls12),
      tls_scenario("tls13", tls, {}),
      tls_scenario("tls_all", with_name(tls, AddressMode::kAll), {}),
      tls_scenario("tls_refusal_window", tls_monitor(), wants),
      tls_scenario("smtp", smtp, tls12,
                   {"220 mx ESMTP\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"}),
  };
}

// Something that goes wrong once. False when it does not apply to what is pending.
using Fault = std::function<bool(ProbeHarness&)>;

struct NamedFault {
  std::string name;
  Fault strike;
};

NamedFault failing(const std::string& name, int error) {
  return {name, [error](ProbeHarness& harness) {
            if (!harness.pending() || harness.pending()->kind == Kind::kClose) return false;
            harness.complete(-error);
            return true;
          }};
}

std::vector<NamedFault> faults() {
  return {
      failing("ECONNRESET", ECONNRESET),
      failing("EPIPE", EPIPE),
      failing("ETIMEDOUT", ETIMEDOUT),
      failing("EHOSTUNREACH", EHOSTUNREACH),
      failing("ENOMEM", ENOMEM),
      failing("ECANCELED", ECANCELED),
      {"end of stream",
       [](ProbeHarness& harness) {
         if (!harness.pending() || harness.pending()->kind != Kind::kReceive) return false;
         harness.complete(0);
         return true;
       }},
      {"deadline",
       [](ProbeHarness& harness) {
         if (harness.deadline_ns() == INT64_MAX) return false;
         harness.pass_to_deadline();
         return true;
       }},
      {"deadline, and what was pending wins",
       [](ProbeHarness& harness) {
         if (harness.deadline_ns() == INT64_MAX) return false;
         harness.pass_to_deadline();
         if (harness.pending() && harness.pending()->kind == Kind::kConnect) harness.complete(0);
         if (harness.pending() && harness.pending()->kind == Kind::kSend) harness.complete(1);
         return true;
       }},
      {"abort",
       [](ProbeHarness& harness) {
         harness.abort();
         harness.abort();
         return true;
       }},
      {"abort after the deadline",
       [](ProbeHarness& harness) {
         harness.pass(20'000 * kMs);
         harness.abort();
         return true;
       }},
  };
}

class Faults : public ::testing::TestWithParam<Scenario> {};

TEST_P(Faults, AtEveryStep) {
  for (const NamedFault& fault : faults()) {
    bool came = true;
    for (int step = 0; came; ++step) {
      SCOPED_TRACE(fault.name + " at step " + std::to_string(step));
      ProbeHarness harness(GetParam().spec);
      harness.peer = [](const Endpoint&) { return GetParam().peer(); };
      harness.answer = addresses({"192.0.2.1", "192.0.2.2"});
      harness.start();
      came = false;
      for (int at = 0; !harness.freed(); ++at) {
        if (at == step && fault.strike(harness)) {
          came = true;
          continue;
        }
        if (at == step) came = true;  // does not apply here; the next step is tried
        if (harness.freed()) break;
        harness.can_complete() ? harness.complete() : harness.pass_to_deadline();
      }
      const Outcome& outcome = harness.outcome();
      EXPECT_LE(outcome.times.total_ns, 20'100 * kMs);
      const bool without_phase =
          outcome.failure == FailureCode::kNone || outcome.failure == FailureCode::kLocalShutdown;
      EXPECT_EQ(outcome.failure_phase == Phase::kNone, without_phase);
      if (outcome.failure == FailureCode::kLocalShutdown) {
        EXPECT_TRUE(fault.name.starts_with("abort"));
      }
      if (!came) {  // nothing was in the way of this one
        EXPECT_EQ(outcome.failure, FailureCode::kNone) << outcome.detail_text();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Probe, Faults, ::testing::ValuesIn(scenarios()),
                         [](const ::testing::TestParamInfo<Scenario>& scenario) {
                           return scenario.param.name;
                         });

TEST(ProbeAbort, BeforeAnAnswerOfTheResolver) {
  MonitorSpec spec = testing::plain_monitor();
  spec.host = "www.example.test";
  ProbeHarness harness(spec);
  harness.start();
  ASSERT_TRUE(harness.waiting_for_answer());
  harness.abort();
  EXPECT_TRUE(harness.freed());
  EXPECT_EQ(harness.outcome().failure, FailureCode::kLocalShutdown);
  harness.abort();  // a free slot has nothing to end
}

}  // namespace
}  // namespace tracer::engine
