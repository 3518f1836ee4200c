#include "engine/monitor.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "engine/policy_interner.h"

namespace tracer::engine {
namespace {

MonitorSpec spec(const std::string& host, std::uint16_t port) {
  MonitorSpec made;
  made.host = host;
  made.port = port;
  return made;
}

MonitorSet set_of(const std::vector<MonitorSpec>& specs) {
  MonitorSetBuilder builder;
  for (const MonitorSpec& each : specs) EXPECT_TRUE(builder.add(each).has_value());
  return std::move(builder).build();
}

std::shared_ptr<const Pattern> pattern(const std::string& text) { return *Pattern::compile(text); }

TEST(MonitorSetTest, NameIsHostAndPortUnlessGiven) {
  MonitorSpec named = spec("c.example", 3);
  named.name = "database";
  const MonitorSet set = set_of({spec("a.example", 1), spec("::1", 443), named});
  EXPECT_EQ(set.name(set.at(0)), "a.example:1");
  EXPECT_EQ(set.host(set.at(0)), "a.example");
  EXPECT_EQ(set.name(set.at(1)), "[::1]:443");
  EXPECT_EQ(set.host(set.at(1)), "::1");
  EXPECT_EQ(set.name(set.at(2)), "database");
  EXPECT_EQ(set.host(set.at(2)), "c.example");
  EXPECT_EQ(set.at(2).port, 3);
}

TEST(MonitorSetTest, VerifiedNameIsTheServerNameOrTheHost) {
  MonitorSpec other = spec("10.0.0.1", 443);
  other.server_name = "www.example";
  MonitorSpec same = spec("www.example", 443);
  same.server_name = "www.example";
  const MonitorSet set = set_of({spec("10.0.0.1", 80), other, same});
  EXPECT_EQ(set.verified_name(set.at(0)), "10.0.0.1");
  EXPECT_EQ(set.verified_name(set.at(1)), "www.example");
  EXPECT_EQ(set.verified_name(set.at(2)), "www.example");
}

// Identities must survive releases: these digests may never change.
TEST(MonitorSetTest, DerivedIdsAreStable) {
  MonitorSpec tls = spec("example.org", 443);
  tls.policy.tls.enabled = true;
  MonitorSpec starttls = spec("example.org", 25);
  starttls.policy.tls.enabled = true;
  starttls.policy.tls.starttls = StarttlsProtocol::kSmtp;
  const MonitorSet set = set_of({spec("example.org", 443), tls, starttls});
  EXPECT_EQ(set.id(set.at(0)), "420c6003048e857c");
  EXPECT_EQ(set.id(set.at(1)), "579f1b4af529c3b8");
  EXPECT_EQ(set.id(set.at(2)), "6f8ddb4ffb93d8ae");
}

TEST(MonitorSetTest, DerivedIdDependsOnNameHostPortAndTlsMode) {
  TlsPolicy clear;
  TlsPolicy tls;
  tls.enabled = true;
  TlsPolicy starttls = tls;
  starttls.starttls = StarttlsProtocol::kImap;
  const std::set<std::uint64_t> ids{
      derived_id_hash("n", "h", 1, clear), derived_id_hash("m", "h", 1, clear),
      derived_id_hash("n", "g", 1, clear), derived_id_hash("n", "h", 2, clear),
      derived_id_hash("n", "h", 1, tls),   derived_id_hash("n", "h", 1, starttls),
      derived_id_hash("nh", "", 1, clear)};
  EXPECT_EQ(ids.size(), 7U);
  TlsPolicy verified_otherwise = tls;
  verified_otherwise.verify = false;
  EXPECT_EQ(derived_id_hash("n", "h", 1, tls), derived_id_hash("n", "h", 1, verified_otherwise));
}

TEST(MonitorSetTest, ADerivedIdMayBeWrittenBack) {
  const MonitorSet first = set_of({spec("a.example", 1)});
  MonitorSpec written = spec("a.example", 1);
  written.id = first.id(first.at(0));
  const MonitorSet second = set_of({written});
  EXPECT_EQ(second.at(0).id_hash, first.at(0).id_hash);
  EXPECT_EQ(second.id(second.at(0)), first.id(first.at(0)));
}

TEST(MonitorSetTest, GivenIdsAreKept) {
  MonitorSpec named = spec("a.example", 1);
  named.id = "front door";
  MonitorSpec upper = spec("a.example", 1);
  upper.id = "0123456789ABCDEF";  // a derived id has lower-case digits: this is another text
  const MonitorSet set = set_of({named, upper});
  EXPECT_EQ(set.id(set.at(0)), "front door");
  EXPECT_EQ(set.id(set.at(1)), "0123456789ABCDEF");
}

TEST(MonitorSetTest, DuplicatesNameTheHolder) {
  MonitorSetBuilder builder;
  MonitorSpec named = spec("a.example", 1);
  named.id = "x";
  MonitorSpec same_id = spec("b.example", 2);
  same_id.id = "x";
  ASSERT_EQ(*builder.add(spec("c.example", 3)), 0U);
  ASSERT_EQ(*builder.add(named), 1U);
  const auto refused = builder.add(same_id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().first, 1U);
  const auto derived = builder.add(spec("c.example", 3));
  ASSERT_FALSE(derived);
  EXPECT_EQ(derived.error().first, 0U);
  EXPECT_EQ(builder.size(), 2U);
}

TEST(MonitorSetTest, EqualPoliciesAreOneObject) {
  MonitorSpec plain = spec("a", 1);
  MonitorSpec slow = spec("b", 1);
  slow.policy.timeout_ms = 1;
  MonitorSpec again = spec("c", 1);
  MonitorSpec slow_again = spec("d", 1);
  slow_again.policy.timeout_ms = 1;
  const MonitorSet set = set_of({plain, slow, again, slow_again});
  EXPECT_EQ(set.policy_count(), 2U);
  EXPECT_EQ(&set.policy(set.at(0)), &set.policy(set.at(2)));
  EXPECT_EQ(&set.policy(set.at(1)), &set.policy(set.at(3)));
  EXPECT_EQ(set.policy(set.at(1)).timeout_ms, 1);
}

TEST(MonitorSetTest, LabelsAreSharedAndInOrder) {
  MonitorSpec one = spec("a", 1);
  one.labels = {{"dc", "eu"}, {"team", "infra"}};
  MonitorSpec two = spec("b", 1);
  two.labels = one.labels;
  MonitorSpec three = spec("c", 1);
  three.labels = {{"dc", "us"}};
  const MonitorSet set = set_of({one, two, three, spec("d", 1)});
  EXPECT_EQ(set.at(0).labels, set.at(1).labels);
  std::string text;
  for (const auto& [key, value] : set.labels(set.at(1))) {
    text.append(key).append("=").append(value).append(" ");
  }
  EXPECT_EQ(text, "dc=eu team=infra ");
  EXPECT_EQ(set.labels(set.at(2)).size(), 1U);
  EXPECT_EQ((*set.labels(set.at(2)).begin()).second, "us");
  EXPECT_TRUE(set.labels(set.at(3)).empty());
}

TEST(MonitorSetTest, ManyMonitorsKeepTheirTexts) {
  MonitorSetBuilder builder;
  constexpr std::uint32_t kCount = 20'000;
  for (std::uint32_t index = 0; index < kCount; ++index) {
    MonitorSpec each = spec("host-" + std::to_string(index), 80);
    each.id = "id-" + std::to_string(index);
    ASSERT_EQ(*builder.add(each), index);
  }
  const MonitorSet set = std::move(builder).build();
  ASSERT_EQ(set.size(), kCount);
  for (std::uint32_t index = 0; index < kCount; index += 997) {
    EXPECT_EQ(set.host(set.at(index)), "host-" + std::to_string(index));
    EXPECT_EQ(set.id(set.at(index)), "id-" + std::to_string(index));
  }
  EXPECT_EQ(set.policy_count(), 1U);
}

// Every field must tell policies apart: a forgotten one would give monitors another's policy.
TEST(PolicyInternerTest, EveryFieldCounts) {
  using Change = void (*)(CheckPolicy&);
  const Change changes[] = {
      [](CheckPolicy& p) { p.timeout_ms = 1; },
      [](CheckPolicy& p) { p.interval_ms = 1; },
      [](CheckPolicy& p) { p.max_retries = 1; },
      [](CheckPolicy& p) { p.retry_delay_ms = 1; },
      [](CheckPolicy& p) { p.ip_family = IpFamily::kV6; },
      [](CheckPolicy& p) { p.addresses = AddressMode::kAll; },
      [](CheckPolicy& p) { p.should_fail = true; },
      [](CheckPolicy& p) { p.source_address = *IpAddress::parse("127.0.0.1"); },
      [](CheckPolicy& p) { p.source_address = *IpAddress::parse("127.0.0.2"); },
      [](CheckPolicy& p) { p.tls.enabled = true; },
      [](CheckPolicy& p) { p.tls.verify = false; },
      [](CheckPolicy& p) { p.tls.skip_hostname_verify = true; },
      [](CheckPolicy& p) { p.tls.min_version = ssl::ProtocolVersion::kTls10; },
      [](CheckPolicy& p) { p.tls.max_version = ssl::ProtocolVersion::kTls12; },
      [](CheckPolicy& p) { p.tls.starttls = StarttlsProtocol::kSmtp; },
      [](CheckPolicy& p) { p.tls.alert_before_expiry_s = 1; },
      [](CheckPolicy& p) { p.tls.ca_file = "x"; },
      [](CheckPolicy& p) { p.tls.crl_files = {"x"}; },
      [](CheckPolicy& p) { p.tls.cert_file = "x"; },
      [](CheckPolicy& p) { p.tls.key_file = "x"; },
      [](CheckPolicy& p) { p.tls.alpn = {"x"}; },
      [](CheckPolicy& p) {
        p.tls.alpn = {"x", "y"};
      },
      [](CheckPolicy& p) { p.exchange.send = "x"; },
      [](CheckPolicy& p) { p.exchange.expect = ExchangePolicy::Expect::kSubstring; },
      [](CheckPolicy& p) { p.exchange.substring = "x"; },
      [](CheckPolicy& p) { p.exchange.pattern = pattern("x"); },
      [](CheckPolicy& p) { p.exchange.pattern = pattern("y"); },
      [](CheckPolicy& p) { p.alert.after = 2; },
      [](CheckPolicy& p) { p.alert.recover_after = 2; },
      [](CheckPolicy& p) { p.alert.repeat_every_ms = 2; },
      [](CheckPolicy& p) { p.locations = {"x"}; },
      [](CheckPolicy& p) { p.assertions.resize(1); },
      [](CheckPolicy& p) { p.assertions.resize(2); },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].subject = Assertion::Subject::kIp;
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].comparison = Assertion::Operator::kIn;
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].severity = Assertion::Severity::kWarn;
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].number = 1;
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].values = {"x"};
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].pattern = pattern("x");
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].networks = {*Network::parse("10.0.0.0/8")};
      },
      [](CheckPolicy& p) {
        p.assertions.resize(1);
        p.assertions[0].networks = {*Network::parse("10.0.0.0/9")};
      },
  };
  PolicyInterner interner;
  EXPECT_EQ(interner.intern(CheckPolicy{}), 0U);
  std::set<std::uint64_t> hashes{policy_hash(CheckPolicy{})};
  std::uint32_t expected = 0;
  for (const Change change : changes) {
    CheckPolicy first;
    CheckPolicy second;  // changed apart, so that patterns are other objects of the same text
    change(first);
    change(second);
    EXPECT_EQ(interner.intern(first), ++expected);
    EXPECT_EQ(interner.intern(second), expected);
    EXPECT_EQ(policy_hash(first), policy_hash(second));
    hashes.insert(policy_hash(first));
  }
  EXPECT_EQ(hashes.size(), std::size(changes) + 1);
  EXPECT_EQ(interner.intern(CheckPolicy{}), 0U);
  EXPECT_EQ(std::move(interner).take().size(), std::size(changes) + 1);
}

}  // namespace
}  // namespace tracer::engine
