// Names, addresses and connects of a probe.

#include "engine/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/unit/engine/probe_harness.h"

namespace tracer::engine {
namespace {

using testing::address;
using testing::addresses;
using testing::ErrnoCase;
using testing::expecting;
using ::testing::HasSubstr;
using testing::kMs;
using testing::plain_monitor;
using testing::ProbeHarness;
using testing::ScriptedPeer;
using Kind = testing::Operation::Kind;
using Then = ScriptedPeer::Then;

MonitorSpec named_monitor() {
  MonitorSpec spec = plain_monitor();
  spec.host = "www.example.test";
  return spec;
}

// ---- permission -----------------------------------------------------------------------------

TEST(ProbePermission, AProbeThatMayNotConnectLeavesNothingBehind) {
  for (const bool named : {false, true}) {
    ProbeHarness harness(named ? named_monitor() : plain_monitor());
    bool allowed = false;
    harness.permission = [&](const IpAddress&) { return allowed; };
    harness.start();
    if (named) harness.give(addresses({"192.0.2.1", "192.0.2.2"}));
    EXPECT_TRUE(harness.freed());
    EXPECT_FALSE(harness.reported());
    EXPECT_TRUE(harness.connects().empty());
    harness.pass(7 * kMs);
    allowed = true;
    harness.start();
    if (named) harness.give(addresses({"192.0.2.1", "192.0.2.2"}));
    EXPECT_EQ(harness.finish().failure, FailureCode::kNone);
    EXPECT_EQ(harness.outcome().times.total_ns, kMs);  // from the start that counted
  }
}

TEST(ProbePermission, IsAskedForEachAddressThatPolicyAllows) {
  EgressPolicy egress;
  egress.deny = {Network::parse("10.0.0.0/8").value()};
  ProbeHarness harness(named_monitor(), egress);
  std::vector<std::string> asked;
  harness.permission = [&](const IpAddress& target) {
    asked.push_back(target.to_string());
    return true;
  };
  harness.connect_result = [](const Endpoint&) { return -ECONNREFUSED; };
  harness.answer = addresses({"10.0.0.1", "192.0.2.1", "192.0.2.2"});
  harness.start();
  // Our policy kept one of them from being tried: the target is not blamed.
  EXPECT_EQ(harness.finish().failure, FailureCode::kPolicyDenied);
  EXPECT_EQ(asked, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
}

// ---- names ----------------------------------------------------------------------------------

TEST(ProbeNames, ALiteralIsNotAskedFor) {
  ProbeHarness harness(plain_monitor());
  harness.answer = Answer{FailureCode::kDnsServerFailure, nullptr, "asked after all"};
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kNone);
  EXPECT_EQ(outcome.times.dns_ns, kNotMeasured);
  EXPECT_EQ(outcome.times.connect_ns, kMs);
  EXPECT_EQ(outcome.times.total_ns, kMs);
  EXPECT_EQ(harness.connects().front().to_string(), "127.0.0.1:443");
}

TEST(ProbeNames, AFailureOfTheResolverIsTheProbes) {
  for (const FailureCode code :
       {FailureCode::kDnsNotFound, FailureCode::kDnsNoAddress, FailureCode::kDnsTimeout,
        FailureCode::kDnsServerFailure, FailureCode::kLocalResources}) {
    for (const bool at_once : {true, false}) {
      ProbeHarness harness(named_monitor());
      const Answer failure{code, nullptr, "as it is"};
      if (at_once) harness.answer = failure;
      harness.start();
      if (!at_once) {
        EXPECT_FALSE(harness.reported());
        harness.give(failure);
      }
      EXPECT_TRUE(harness.freed());
      EXPECT_EQ(harness.outcome().failure, code);
      EXPECT_EQ(harness.outcome().failure_phase, Phase::kDns);
      EXPECT_EQ(harness.outcome().detail_text(), "as it is");
      EXPECT_EQ(harness.outcome().address.family, 0);
    }
  }
}

TEST(ProbeNames, TheTimeForAnAnswerIsMeasured) {
  ProbeHarness harness(named_monitor());
  harness.start();
  harness.pass(30 * kMs);
  harness.give(addresses({"192.0.2.1"}));
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.times.dns_ns, 30 * kMs);
  EXPECT_EQ(outcome.times.connect_ns, kMs);
  EXPECT_EQ(outcome.times.total_ns, 31 * kMs);
}

TEST(ProbeNames, TheTimeoutEndsTheWaiting) {
  ProbeHarness harness(named_monitor());
  harness.start();
  harness.pass_to_deadline();
  EXPECT_TRUE(harness.freed());
  EXPECT_EQ(harness.outcome().failure, FailureCode::kDnsTimeout);
  EXPECT_EQ(harness.outcome().detail_text(), "no server answered");
  EXPECT_EQ(harness.outcome().times.total_ns, 10'000 * kMs);
  harness.give(addresses({"192.0.2.1"}));  // too late: nothing comes of it
  EXPECT_TRUE(harness.connects().empty());
}

TEST(ProbeNames, AnAnswerAtTheVeryEndIsTooLate) {
  ProbeHarness harness(named_monitor());
  harness.given_up = addresses({"192.0.2.1"});
  harness.start();
  harness.pass_to_deadline();
  EXPECT_EQ(harness.outcome().failure, FailureCode::kDnsTimeout);
  EXPECT_TRUE(harness.connects().empty());
}

TEST(ProbeNames, OnlyAddressesOfTheFamilyAreTried) {
  struct Case {
    IpFamily family;
    std::string_view source;
    std::vector<std::string> tried;
  };
  for (const Case& wanted :
       {Case{IpFamily::kAny, "", {"2001:db8::1", "192.0.2.1"}},
        Case{IpFamily::kV4, "", {"192.0.2.1"}}, Case{IpFamily::kV6, "", {"2001:db8::1"}},
        Case{IpFamily::kAny, "198.51.100.7", {"192.0.2.1"}},
        Case{IpFamily::kV6, "198.51.100.7", {}}}) {
    MonitorSpec spec = named_monitor();
    spec.policy.ip_family = wanted.family;
    if (!wanted.source.empty()) spec.policy.source_address = address(wanted.source);
    ProbeHarness harness(spec);
    harness.answer = addresses({"2001:db8::1", "192.0.2.1"});
    harness.connect_result = [](const Endpoint&) { return -ECONNREFUSED; };
    harness.start();
    const Outcome& outcome = harness.finish();
    std::vector<std::string> tried;
    for (const Endpoint& target : harness.connects()) tried.push_back(target.address.to_string());
    EXPECT_EQ(tried, wanted.tried);
    EXPECT_EQ(outcome.failure,
              tried.empty() ? FailureCode::kDnsNoAddress : FailureCode::kConnectionRefused);
    if (!tried.empty()) {
      EXPECT_EQ(harness.last_source(), spec.policy.source_address);
    }
  }
}

// ---- connects -------------------------------------------------------------------------------

TEST(ProbeConnects, EveryErrorHasItsCode) {
  for (const ErrnoCase& expected : {ErrnoCase{ECONNREFUSED, FailureCode::kConnectionRefused},
                                    {ETIMEDOUT, FailureCode::kConnectionTimeout},
                                    {ECONNRESET, FailureCode::kConnectionReset},
                                    {ENETUNREACH, FailureCode::kNetworkUnreachable},
                                    {EHOSTUNREACH, FailureCode::kHostUnreachable},
                                    {EAFNOSUPPORT, FailureCode::kNetworkUnreachable},
                                    {EPERM, FailureCode::kPolicyDenied},
                                    {EACCES, FailureCode::kPolicyDenied},
                                    {EMFILE, FailureCode::kLocalResources},
                                    {ENFILE, FailureCode::kLocalResources},
                                    {ENOMEM, FailureCode::kLocalResources},
                                    {ENOBUFS, FailureCode::kLocalResources},
                                    {EADDRNOTAVAIL, FailureCode::kLocalResources},
                                    {ECANCELED, FailureCode::kLocalResources},
                                    {EINVAL, FailureCode::kLocalResources}}) {
    ProbeHarness harness(plain_monitor());
    harness.start();
    harness.complete(-expected.error);
    EXPECT_TRUE(harness.reported());
    EXPECT_FALSE(harness.freed());  // the socket is not closed yet
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, expected.code) << expected.error;
    EXPECT_EQ(outcome.failure_phase, Phase::kConnect);
    EXPECT_EQ(outcome.address, address("127.0.0.1"));
    EXPECT_EQ(outcome.times.connect_ns, kNotMeasured);
    const bool ours = failure_info(expected.code).ours;
    EXPECT_EQ(ours, !outcome.detail_text().empty()) << expected.error;
  }
}

TEST(ProbeConnects, TheNextAddressIsTriedWhenOneFails) {
  ProbeHarness harness(named_monitor());
  harness.answer = addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  harness.connect_result = [](const Endpoint& target) {
    return target.address == address("192.0.2.3") ? 0 : -ECONNREFUSED;
  };
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kNone);
  EXPECT_EQ(outcome.address, address("192.0.2.3"));
  EXPECT_EQ(outcome.times.connect_ns, kMs);    // of the last
  EXPECT_EQ(outcome.times.total_ns, 5 * kMs);  // of all: three connects and two closes
  EXPECT_EQ(harness.connects().size(), 3U);
}

TEST(ProbeConnects, EachAddressHasItsShareOfTheTimeout) {
  MonitorSpec spec = named_monitor();
  spec.policy.timeout_ms = 9000;
  ProbeHarness harness(spec);
  harness.step_ns = 0;
  harness.answer = addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  harness.connect_result = [](const Endpoint&) { return -EINPROGRESS; };
  const std::int64_t start = harness.now_ns();
  harness.start();
  for (const std::int64_t seconds : {3, 6, 9}) {
    ASSERT_EQ(harness.pending()->kind, Kind::kConnect);
    EXPECT_EQ(harness.deadline_ns(), start + seconds * 1000 * kMs);
    EXPECT_FALSE(harness.reported());
    harness.pass_to_deadline();
    harness.complete();  // as cancelled
    if (seconds < 9) harness.complete();
  }
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kConnectionTimeout);
  EXPECT_EQ(outcome.failure_phase, Phase::kConnect);
  EXPECT_EQ(outcome.times.total_ns, 9000 * kMs);
  EXPECT_EQ(outcome.address, address("192.0.2.3"));
}

TEST(ProbeConnects, AConnectThatWinsAgainstItsCancelIsTooLate) {
  ProbeHarness harness(named_monitor());
  harness.answer = addresses({"192.0.2.1", "192.0.2.2"});
  harness.connect_result = [](const Endpoint& target) {
    return target.address == address("192.0.2.1") ? -EINPROGRESS : 0;
  };
  harness.start();
  harness.pass_to_deadline();
  ASSERT_TRUE(harness.pending()->cancelled);
  harness.complete(0);
  EXPECT_EQ(harness.pending()->kind, Kind::kClose);
  EXPECT_EQ(harness.finish().address, address("192.0.2.2"));
}

TEST(ProbeConnects, TheWholeTimeoutEndsEvenTheCloseBetweenAddresses) {
  ProbeHarness harness(named_monitor());
  harness.answer = addresses({"192.0.2.1", "192.0.2.2"});
  harness.start();
  harness.complete(-ECONNREFUSED);
  ASSERT_EQ(harness.pending()->kind, Kind::kClose);
  harness.pass_to_deadline();
  EXPECT_TRUE(harness.reported());
  EXPECT_EQ(harness.finish().failure, FailureCode::kConnectionTimeout);
  EXPECT_EQ(harness.connects().size(), 1U);
}

TEST(ProbeConnects, AfterTheConnectTheWholeTimeoutCounts) {
  MonitorSpec spec = named_monitor();
  spec.policy.exchange.expect = ExchangePolicy::Expect::kSubstring;
  spec.policy.exchange.substring = "x";
  ProbeHarness harness(spec);
  testing::speaks(harness, {});
  harness.answer = addresses({"192.0.2.1", "192.0.2.2"});
  const std::int64_t start = harness.now_ns();
  harness.start();
  harness.complete();
  EXPECT_EQ(harness.deadline_ns(), start + 10'000 * kMs);
  EXPECT_EQ(harness.finish().failure, FailureCode::kResponseTimeout);
  EXPECT_EQ(harness.connects().size(), 1U);  // only a connect that fails leads to the next
}

// One that could not be tried for want of a descriptor, or is not allowed, might have answered.
TEST(ProbeConnects, BlamesNobodyWhereAnAddressFailedForUs) {
  for (const int theirs : {0, -ECONNREFUSED, -EINPROGRESS}) {
    ProbeHarness harness(named_monitor());
    harness.answer = addresses({"192.0.2.1", "192.0.2.2"});
    harness.connect_result = [&](const Endpoint& target) {
      return target.address == address("192.0.2.1") ? -EMFILE : theirs;
    };
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, theirs == 0 ? FailureCode::kNone : FailureCode::kLocalResources);
    EXPECT_EQ(harness.connects().size(), 2U);
  }
}

TEST(ProbeConnects, AllAddressesMustPass) {
  MonitorSpec spec = named_monitor();
  spec.policy.addresses = AddressMode::kAll;
  for (const std::string_view bad : {"", "192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    ProbeHarness harness(spec);
    harness.answer = addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
    harness.connect_result = [bad](const Endpoint& target) {
      return target.address.to_string() == bad ? -ECONNREFUSED : 0;
    };
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, bad.empty() ? FailureCode::kNone : FailureCode::kConnectionRefused);
    EXPECT_EQ(outcome.address, address(bad.empty() ? "192.0.2.3" : bad));
  }
}

// What one address answered says nothing about the next.
TEST(ProbeConnects, AnAddressDoesNotInheritAResponse) {
  MonitorSpec spec = expecting("PING", "PONG");
  spec.host = "www.example.test";
  spec.policy.addresses = AddressMode::kAll;
  ProbeHarness harness(spec);
  harness.answer = addresses({"192.0.2.1", "192.0.2.2"});
  harness.peer = [](const Endpoint& target) {
    return target.address == address("192.0.2.1")
               ? std::make_unique<ScriptedPeer>(std::deque<std::string>{"PONG"})
               : std::make_unique<ScriptedPeer>(std::deque<std::string>{"NO"}, Then::kClose);
  };
  harness.start();
  const Outcome& outcome = harness.finish();
  EXPECT_EQ(outcome.failure, FailureCode::kResponseMismatch);
  EXPECT_TRUE(outcome.response_measured);
  EXPECT_FALSE(outcome.response_matched);
  EXPECT_EQ(outcome.excerpt_text(), "NO");
  EXPECT_EQ(outcome.times.response_ns, kNotMeasured);
}

TEST(ProbeEgress, ADeniedAddressIsNotConnectedTo) {
  EgressPolicy egress;
  egress.deny = {Network::parse("169.254.0.0/16").value()};
  MonitorSpec spec = plain_monitor();
  spec.host = "169.254.169.254";
  ProbeHarness harness(spec, egress);
  harness.start();
  EXPECT_TRUE(harness.freed());
  EXPECT_EQ(harness.outcome().failure, FailureCode::kPolicyDenied);
  EXPECT_THAT(std::string(harness.outcome().detail_text()), HasSubstr("169.254.169.254"));
  EXPECT_TRUE(harness.connects().empty());
}

TEST(ProbeEgress, TheNextAddressMayBeAllowed) {
  EgressPolicy egress;
  egress.allow = {Network::parse("192.0.2.0/24").value()};
  for (const AddressMode mode : {AddressMode::kAny, AddressMode::kAll}) {
    MonitorSpec spec = named_monitor();
    spec.policy.addresses = mode;
    ProbeHarness harness(spec, egress);
    harness.answer = addresses({"10.0.0.1", "10.0.0.2", "192.0.2.3"});
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure,
              mode == AddressMode::kAny ? FailureCode::kNone : FailureCode::kPolicyDenied);
    EXPECT_EQ(harness.connects().size(), mode == AddressMode::kAny ? 1U : 0U);
  }
}

}  // namespace
}  // namespace tracer::engine
