#include "tools/tracer/import/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/ssl/session_pair.h"

namespace tracer::import {
namespace {

using engine::Assertion;
using engine::MonitorSpec;
using engine::StarttlsProtocol;
using testing::ElementsAre;

MonitorSpec good(std::string_view target, const CheckOptions& options = {}) {
  const auto spec = monitor_from_target(target, options);
  EXPECT_TRUE(spec.has_value()) << target << ": " << (spec ? "" : spec.error().front());
  return spec.value_or(MonitorSpec{});
}

std::vector<std::string> bad(std::string_view target, const CheckOptions& options = {}) {
  const auto spec = monitor_from_target(target, options);
  EXPECT_FALSE(spec.has_value()) << target;
  return spec ? std::vector<std::string>{} : spec.error();
}

std::vector<Assertion> assertions(const std::string& text) {
  CheckOptions options;
  options.assertions = {text};
  return good("a:1", options).policy.assertions;
}

TEST(TargetTest, Forms) {
  const MonitorSpec plain = good("example.org:80");
  EXPECT_EQ(plain.host, "example.org");
  EXPECT_EQ(plain.port, 80);
  EXPECT_EQ(plain.name, "");
  EXPECT_FALSE(plain.policy.tls.enabled);
  EXPECT_EQ(good("[::1]:443").host, "::1");
  EXPECT_EQ(good("tcp://127.0.0.1:25").policy.tls.enabled, false);
  const MonitorSpec tls = good("tls://mail.example:25");
  EXPECT_TRUE(tls.policy.tls.enabled);
  EXPECT_EQ(tls.policy.tls.starttls, StarttlsProtocol::kNone);
  const MonitorSpec smtp = good("starttls+smtp://[::1]:2525");
  EXPECT_TRUE(smtp.policy.tls.enabled);
  EXPECT_EQ(smtp.policy.tls.starttls, StarttlsProtocol::kSmtp);
}

TEST(TargetTest, TheSchemeDecidesOverTheOptions) {
  CheckOptions options;
  options.tls = true;
  EXPECT_TRUE(good("a:443", options).policy.tls.enabled);
  EXPECT_EQ(good("a:25", options).policy.tls.starttls, StarttlsProtocol::kSmtp);
  EXPECT_FALSE(good("tcp://a:443", options).policy.tls.enabled);
  CheckOptions imap;
  imap.starttls = "imap";
  EXPECT_TRUE(good("a:1143", imap).policy.tls.enabled);
  EXPECT_EQ(good("a:1143", imap).policy.tls.starttls, StarttlsProtocol::kImap);
  EXPECT_EQ(good("starttls+smtp://a:1143", imap).policy.tls.starttls, StarttlsProtocol::kSmtp);
}

TEST(TargetTest, NotATarget) {
  for (const std::string_view target : {"", "example.org", "example.org:", ":443", "::1:443",
                                        "https://example.org:443", "://a:1", "[::1]"}) {
    EXPECT_THAT(bad(target), ElementsAre(std::string(target) +
                                         ": is not a target; accepted: HOST:PORT, tcp://HOST:PORT, "
                                         "tls://HOST:PORT, starttls+PROTOCOL://HOST:PORT, "
                                         "[IPV6]:PORT"));
  }
  EXPECT_THAT(bad("example.org:http"),
              ElementsAre("example.org:http: port: http is not an integer; accepted: 1 to 65535"));
  EXPECT_EQ(bad("a b:70000").size(), 2U);
  EXPECT_THAT(bad("starttls+smpt://a:1"), ElementsAre(testing::EndsWith("did you mean \"smtp\"?")));
}

TEST(TargetTest, EveryOption) {
  CheckOptions options;
  options.tls = true;
  options.starttls = "none";
  options.server_name = "b.example";
  options.ca_file = ssl::testing::chain_file_path("root.pem");
  options.crl_files = {ssl::testing::chain_file_path("crl_good.crl"),
                       ssl::testing::chain_file_path("crl_old.crl")};
  options.cert_file = ssl::testing::chain_file_path("clients_only.pem");
  options.key_file = ssl::testing::chain_file_path("clients_only.key");
  options.verify = false;
  options.skip_hostname_verify = true;
  options.min_version = "TLSv1.0";
  options.max_version = "TLSv1.2";
  options.alpn = {"h2"};
  options.send = R"(PING\r\n)";
  options.expect = "PONG";
  options.timeout = "3s";
  options.retries = "2";
  options.family = "4";
  options.source = "127.0.0.1";
  const MonitorSpec spec = good("a:25", options);
  const engine::TlsPolicy& tls = spec.policy.tls;
  EXPECT_EQ(spec.server_name, "b.example");
  EXPECT_EQ(tls.ca_file, options.ca_file);
  EXPECT_EQ(tls.crl_files, options.crl_files);
  EXPECT_EQ(tls.cert_file, options.cert_file);
  EXPECT_EQ(tls.key_file, options.key_file);
  EXPECT_FALSE(tls.verify);
  EXPECT_TRUE(tls.skip_hostname_verify);
  EXPECT_EQ(tls.min_version, ssl::ProtocolVersion::kTls10);
  EXPECT_EQ(tls.max_version, ssl::ProtocolVersion::kTls12);
  EXPECT_EQ(tls.starttls, StarttlsProtocol::kNone);
  EXPECT_THAT(tls.alpn, ElementsAre("h2"));
  EXPECT_EQ(spec.policy.exchange.send, "PING\r\n");
  EXPECT_EQ(spec.policy.exchange.substring, "PONG");
  EXPECT_EQ(spec.policy.timeout_ms, 3000);
  EXPECT_EQ(spec.policy.max_retries, 2U);
  EXPECT_EQ(spec.policy.ip_family, engine::IpFamily::kV4);
  EXPECT_EQ(spec.policy.source_address.to_string(), "127.0.0.1");

  options.expect.reset();
  options.expect_regex = "^P";
  EXPECT_EQ(good("a:1", options).policy.exchange.pattern->text(), "^P");
  options.expect = "x";
  EXPECT_THAT(bad("a:1", options),
              ElementsAre("a:1: expect_response_regex: given beside expect_response; "
                          "accepted: one of them"));
}

TEST(TargetTest, BadOptionsAreAllTold) {
  CheckOptions options;
  options.timeout = "soon";
  options.retries = "99";
  options.family = "5";
  options.source = "here";
  options.assertions = {"response_time", "response_time<fast", "response_time<=5", "latency<5"};
  EXPECT_EQ(bad("a:1", options).size(), 8U);
}

TEST(TargetTest, Assertions) {
  const auto time = assertions("response_time<500");
  ASSERT_EQ(time.size(), 1U);
  EXPECT_EQ(time[0].subject, Assertion::Subject::kTimeTotal);
  EXPECT_EQ(time[0].comparison, Assertion::Operator::kLessThan);
  EXPECT_EQ(time[0].number, 500);
  EXPECT_EQ(assertions("response_time.tls < 1s")[0].subject, Assertion::Subject::kTimeTls);
  EXPECT_EQ(assertions("response_time.tls < 1s")[0].number, 1000);
  EXPECT_EQ(assertions("certificate_expiry>30")[0].comparison, Assertion::Operator::kGreaterThan);
  EXPECT_EQ(assertions("certificate_expiry.leaf>30 days")[0].subject,
            Assertion::Subject::kExpiryLeaf);
  EXPECT_THAT(assertions("tls_version in TLSv1.2, TLSv1.3")[0].values,
              ElementsAre("TLSv1.2", "TLSv1.3"));
  EXPECT_EQ(assertions("tls_version not in TLSv1.0")[0].comparison, Assertion::Operator::kNotIn);
  EXPECT_EQ(assertions("tls_version=TLSv1.3")[0].comparison, Assertion::Operator::kEquals);
  EXPECT_EQ(assertions("cipher matches GCM|CCM")[0].pattern->text(), "GCM|CCM");
  EXPECT_THAT(assertions("response contains a, b = c")[0].values, ElementsAre("a, b = c"));
  EXPECT_EQ(assertions("certificate.key_bits_at_least=2048")[0].number, 2048);
  EXPECT_THAT(assertions("certificate.chain_valid==true")[0].values, ElementsAre("true"));
  EXPECT_THAT(assertions("certificate san a.example")[0].values, ElementsAre("a.example"));
  EXPECT_EQ(assertions("ip in 10.0.0.0/8,::1")[0].networks.size(), 2U);
  EXPECT_THAT(assertions("connection=failure")[0].values, ElementsAre("failure"));
}

}  // namespace
}  // namespace tracer::import
