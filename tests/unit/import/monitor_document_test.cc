// Every key, shape and default of a monitor document, in both notations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/tracer/import/import.h"

namespace tracer::import {
namespace {

using engine::AddressMode;
using engine::CheckPolicy;
using engine::ExchangePolicy;
using engine::IpFamily;
using engine::MonitorSet;
using engine::StarttlsProtocol;
using ssl::ProtocolVersion;
using testing::ElementsAre;

// Documents here name files that hold nothing: what files must hold is tested with importing.
MonitorSet import_good(std::string_view text, DocumentFormat format, ImportOptions options = {}) {
  options.check_files = false;
  ImportResult result = import_text(text, "test", format, options);
  EXPECT_EQ(format_errors(result), "") << text;
  return std::move(result.monitors);
}
MonitorSet json(std::string_view text) { return import_good(text, DocumentFormat::kJson); }
MonitorSet yaml(std::string_view text) { return import_good(text, DocumentFormat::kYaml); }

// The policy of a monitor with these keys beside host and port.
CheckPolicy json_policy(const std::string& keys) {
  const MonitorSet set = json(R"({"host": "a", "port": 443, )" + keys + "}");
  return set.size() == 1 ? set.policy(set.at(0)) : CheckPolicy{};
}
CheckPolicy yaml_policy(const std::string& keys) {
  const MonitorSet set = yaml("host: a\nport: 443\n" + keys + "\n");
  return set.size() == 1 ? set.policy(set.at(0)) : CheckPolicy{};
}

std::vector<std::string> names(const MonitorSet& set) {
  std::vector<std::string> all;
  for (const auto& monitor : set.monitors()) all.emplace_back(set.name(monitor));
  return all;
}

std::string labels(const MonitorSet& set, std::uint32_t index) {
  std::string text;
  for (const auto& [key, value] : set.labels(set.at(index))) {
    text.append(key).append("=").append(value).append(";");
  }
  return text;
}

TEST(MonitorDocumentTest, Defaults) {
  for (const MonitorSet& set :
       {json(R"({"host": "example.org", "port": 443})"), yaml("{host: example.org, port: 443}")}) {
    ASSERT_EQ(set.size(), 1U);
    const auto& monitor = set.at(0);
    EXPECT_EQ(set.name(monitor), "example.org:443");
    EXPECT_EQ(set.host(monitor), "example.org");
    EXPECT_EQ(set.verified_name(monitor), "example.org");
    EXPECT_EQ(set.id(monitor).size(), 16U);
    EXPECT_EQ(monitor.port, 443);
    EXPECT_TRUE(monitor.enabled);
    EXPECT_TRUE(set.labels(monitor).empty());
    const CheckPolicy& policy = set.policy(monitor);
    EXPECT_EQ(policy.timeout_ms, 10'000);
    EXPECT_EQ(policy.interval_ms, 60'000);
    EXPECT_EQ(policy.max_retries, 0U);
    EXPECT_EQ(policy.retry_delay_ms, 5'000);
    EXPECT_EQ(policy.ip_family, IpFamily::kAny);
    EXPECT_EQ(policy.addresses, AddressMode::kAny);
    EXPECT_FALSE(policy.should_fail);
    EXPECT_EQ(policy.source_address.family, 0);
    EXPECT_EQ(policy.tls, engine::TlsPolicy{});
    EXPECT_FALSE(policy.tls.enabled);
    EXPECT_TRUE(policy.tls.verify);
    EXPECT_EQ(policy.tls.min_version, ProtocolVersion::kTls12);
    EXPECT_EQ(policy.tls.max_version, ProtocolVersion::kTls13);
    EXPECT_FALSE(policy.exchange.wanted());
    EXPECT_EQ(policy.alert, engine::AlertPolicy{});
    EXPECT_TRUE(policy.assertions.empty());
    EXPECT_TRUE(policy.locations.empty());
  }
}

constexpr std::string_view kFullJson = R"({
  "name": "mail", "id": "mail-1", "host": "[2001:DB8::1]", "port": 587, "enabled": false,
  "timeout": "1h30m", "interval": 90, "locations": ["eu", "us"],
  "labels": {"team": "mail", "dc": "eu1"},
  "tls": {"verify": false, "skip_hostname_verify": true, "min_version": "TLSv1.0",
          "max_version": "TLSv1.2", "server_name": "mail.example", "alert_before_expiry": "30 days",
          "starttls": "auto", "ca_file": "/dev/null", "cert_file": "/dev/null",
          "key_file": "/dev/null", "alpn": ["h2", "http/1.1"]},
  "send_after_connect": "EHLO x\r\n", "expect_response": "250 ",
  "retry_on_failure": true, "max_retries": 7, "retry_delay": "500ms",
  "assertions": [{"type": "connection", "status": "success"}],
  "ip_family": 6, "addresses": "all", "source_address": "::1", "should_fail": true,
  "alert": {"after": 3, "recover_after": 2, "repeat_every": "1h"}
})";

constexpr std::string_view kFullYaml = R"(
Name: mail
ID: mail-1
Host: "2001:DB8::1"
Port: 587
Enabled: FALSE
Timeout: 1 hour 30 minutes
Interval: 1.5 min
Locations: [eu, us]
Labels:
  team: mail
  dc: eu1
TLS:
  Verify: false
  SkipHostnameVerify: true
  Min-Version: TLSv1.0
  maxVersion: TLSv1.2
  Server Name: mail.example
  Alert Before Expiry: 30 days
  STARTTLS: SMTP
  CA File: /dev/null
  Cert File: /dev/null
  Key File: /dev/null
  ALPN: [h2, http/1.1]
Send After Connect: 'EHLO x\r\n'
Expect Response: "250 "
Retry On Failure: true
Max Retries: 7
Retry Delay: 500 ms
Assertions:
  - Type: connection
    Status: success
IP Family: 6
Addresses: all
Source Address: ::1
Should Fail: true
Alert: {After: 3, Recover After: 2, Repeat Every: 60 minutes}
)";

TEST(MonitorDocumentTest, EveryKey) {
  ImportOptions options;
  std::string json_text(kFullJson);
  std::string yaml_text(kFullYaml);
  // 90 minutes are more than a timeout may be; the notation itself is what is shown above.
  json_text.replace(json_text.find("1h30m"), 5, "1m30s");
  yaml_text.replace(yaml_text.find("1 hour 30 minutes"), 17, "1 minute 30 seconds");
  for (const MonitorSet& set : {import_good(json_text, DocumentFormat::kJson, options),
                                import_good(yaml_text, DocumentFormat::kYaml, options)}) {
    ASSERT_EQ(set.size(), 1U);
    const auto& monitor = set.at(0);
    EXPECT_EQ(set.name(monitor), "mail");
    EXPECT_EQ(set.id(monitor), "mail-1");
    EXPECT_EQ(set.host(monitor), "2001:DB8::1");
    EXPECT_EQ(set.verified_name(monitor), "mail.example");
    EXPECT_EQ(monitor.port, 587);
    EXPECT_FALSE(monitor.enabled);
    EXPECT_EQ(labels(set, 0), "dc=eu1;team=mail;");
    const CheckPolicy& policy = set.policy(monitor);
    EXPECT_EQ(policy.timeout_ms, 90'000);
    EXPECT_EQ(policy.interval_ms, 90'000);
    EXPECT_THAT(policy.locations, ElementsAre("eu", "us"));
    EXPECT_TRUE(policy.tls.enabled);
    EXPECT_FALSE(policy.tls.verify);
    EXPECT_TRUE(policy.tls.skip_hostname_verify);
    EXPECT_EQ(policy.tls.min_version, ProtocolVersion::kTls10);
    EXPECT_EQ(policy.tls.max_version, ProtocolVersion::kTls12);
    EXPECT_EQ(policy.tls.alert_before_expiry_s, 30 * 24 * 3600);
    EXPECT_EQ(policy.tls.starttls, StarttlsProtocol::kSmtp);
    EXPECT_EQ(policy.tls.ca_file, "/dev/null");
    EXPECT_EQ(policy.tls.cert_file, "/dev/null");
    EXPECT_EQ(policy.tls.key_file, "/dev/null");
    EXPECT_THAT(policy.tls.alpn, ElementsAre("h2", "http/1.1"));
    EXPECT_EQ(policy.exchange.send, "EHLO x\r\n");
    EXPECT_EQ(policy.exchange.expect, ExchangePolicy::Expect::kSubstring);
    EXPECT_EQ(policy.exchange.substring, "250 ");
    EXPECT_EQ(policy.max_retries, 7U);
    EXPECT_EQ(policy.retry_delay_ms, 500);
    EXPECT_EQ(policy.assertions.size(), 1U);
    EXPECT_EQ(policy.ip_family, IpFamily::kV6);
    EXPECT_EQ(policy.addresses, AddressMode::kAll);
    EXPECT_EQ(policy.source_address.to_string(), "::1");
    EXPECT_TRUE(policy.should_fail);
    EXPECT_EQ(policy.alert.after, 3U);
    EXPECT_EQ(policy.alert.recover_after, 2U);
    EXPECT_EQ(policy.alert.repeat_every_ms, 3'600'000);
  }
}

TEST(MonitorDocumentTest, EveryShapeInJson) {
  const std::string a = R"({"host": "a", "port": 1})";
  const std::string b = R"({"host": "b", "port": 1})";
  EXPECT_THAT(names(json(a)), ElementsAre("a:1"));
  EXPECT_THAT(names(json("[" + a + "," + b + "]")), ElementsAre("a:1", "b:1"));
  EXPECT_THAT(names(json(R"({"monitors": [)" + a + "," + b + "]}")), ElementsAre("a:1", "b:1"));
  EXPECT_THAT(names(json(a + "\n" + b + "\n")), ElementsAre("a:1", "b:1"));
  EXPECT_THAT(names(json(a + "\r\n\r\n  " + b)), ElementsAre("a:1", "b:1"));
  EXPECT_THAT(names(json("\xEF\xBB\xBF" + a)), ElementsAre("a:1"));
  EXPECT_THAT(names(json("{\n\"host\": \"a\",\n\"port\": 1\n}\n")), ElementsAre("a:1"));
}

TEST(MonitorDocumentTest, EveryShapeInYaml) {
  EXPECT_THAT(names(yaml("host: a\nport: 1\n")), ElementsAre("a:1"));
  EXPECT_THAT(names(yaml("- host: a\n  port: 1\n- {host: b, port: 1}\n")),
              ElementsAre("a:1", "b:1"));
  EXPECT_THAT(names(yaml("monitors:\n  - {host: a, port: 1}\n")), ElementsAre("a:1"));
  EXPECT_THAT(names(yaml("---\nhost: a\nport: 1\n---\n---\n- {host: b, port: 1}\n...\n---\n"
                         "monitors: [{host: c, port: 1}]\ndefaults: {enabled: false}\n")),
              ElementsAre("a:1", "b:1", "c:1"));
  EXPECT_THAT(names(yaml("\xEF\xBB\xBFhost: a\nport: 1\n")), ElementsAre("a:1"));
  EXPECT_THAT(names(yaml(R"([{"host": "a", "port": 1}])")), ElementsAre("a:1"));
}

// Maps merge key by key, lists are replaced; the place of `defaults` does not matter.
TEST(MonitorDocumentTest, DefaultsMerge) {
  const std::string defaults = R"("defaults": {
    "port": 25, "timeout": "3s", "locations": ["eu", "us"], "labels": {"team": "a", "dc": "x"},
    "tls": {"enabled": false, "verify": false, "min_version": "TLSv1.0"},
    "alert": {"after": 5, "recover_after": 4}, "send_after_connect": "PING",
    "expect_response": "PONG", "assertions": [{"type": "connection", "status": "failure"}]})";
  const std::string monitors = R"("monitors": [
    {"host": "a"},
    {"host": "b", "port": 26, "timeout": "4s", "locations": ["asia"],
     "labels": {"dc": "y", "z": "1"},
     "tls": {"enabled": true, "verify": true}, "alert": {"after": 1},
     "send_after_connect_hex": "00ff", "expect_response_regex": "^P", "assertions": []},
    {"host": "c", "tls": true, "expect_response": "", "send_after_connect": ""}])";
  const std::string in_order = "{" + defaults + "," + monitors + "}";
  const std::string reversed = "{" + monitors + "," + defaults + "}";
  for (const MonitorSet& set : {json(in_order), json(reversed), yaml(in_order), yaml(reversed)}) {
    ASSERT_EQ(set.size(), 3U);
    const CheckPolicy& a = set.policy(set.at(0));
    EXPECT_EQ(set.at(0).port, 25);
    EXPECT_EQ(a.timeout_ms, 3'000);
    EXPECT_THAT(a.locations, ElementsAre("eu", "us"));
    EXPECT_EQ(labels(set, 0), "dc=x;team=a;");
    EXPECT_FALSE(a.tls.enabled);
    EXPECT_EQ(a.exchange.send, "PING");
    EXPECT_EQ(a.exchange.substring, "PONG");
    EXPECT_EQ(a.alert.after, 5U);
    EXPECT_EQ(a.assertions.size(), 1U);

    const CheckPolicy& b = set.policy(set.at(1));
    EXPECT_EQ(set.at(1).port, 26);
    EXPECT_EQ(b.timeout_ms, 4'000);
    EXPECT_THAT(b.locations, ElementsAre("asia"));
    EXPECT_EQ(labels(set, 1), "dc=y;team=a;z=1;");
    EXPECT_TRUE(b.tls.enabled);
    EXPECT_TRUE(b.tls.verify);
    EXPECT_EQ(b.tls.min_version, ProtocolVersion::kTls10);
    EXPECT_EQ(b.alert.after, 1U);
    EXPECT_EQ(b.alert.recover_after, 4U);
    EXPECT_EQ(b.exchange.send, std::string("\x00\xff", 2));
    EXPECT_EQ(b.exchange.expect, ExchangePolicy::Expect::kPattern);
    EXPECT_EQ(b.exchange.substring, "");
    EXPECT_TRUE(b.assertions.empty());

    const CheckPolicy& c = set.policy(set.at(2));
    EXPECT_TRUE(c.tls.enabled);
    EXPECT_FALSE(c.tls.verify);
    EXPECT_EQ(c.tls.starttls, StarttlsProtocol::kSmtp);
    EXPECT_FALSE(c.exchange.wanted());
  }
}

TEST(MonitorDocumentTest, DefaultsHoldForTheirDocumentAlone) {
  const MonitorSet set = yaml(
      "defaults: {timeout: 3s}\nmonitors: [{host: a, port: 1}]\n---\n"
      "monitors: [{host: b, port: 1}]\n---\n"
      "monitors: [{host: c, port: 1}]\ndefaults: {timeout: 4s}\n---\nhost: d\nport: 1\n");
  ASSERT_EQ(set.size(), 4U);
  EXPECT_EQ(set.policy(set.at(0)).timeout_ms, 3'000);
  EXPECT_EQ(set.policy(set.at(1)).timeout_ms, 10'000);
  EXPECT_EQ(set.policy(set.at(2)).timeout_ms, 4'000);
  EXPECT_EQ(set.policy(set.at(3)).timeout_ms, 10'000);
}

TEST(MonitorDocumentTest, TlsIsOnWhenGivenAsMap) {
  EXPECT_TRUE(json_policy(R"("tls": true)").tls.enabled);
  EXPECT_FALSE(json_policy(R"("tls": false)").tls.enabled);
  EXPECT_TRUE(json_policy(R"("tls": {})").tls.enabled);
  EXPECT_FALSE(json_policy(R"("tls": {"enabled": false})").tls.enabled);
  EXPECT_TRUE(yaml_policy("tls: {verify: false}").tls.enabled);
}

TEST(MonitorDocumentTest, StarttlsIsChosenByPortOnlyWhenTlsIsOn) {
  const auto starttls = [](int port, const std::string& tls) {
    const MonitorSet set =
        json(R"({"host": "a", "port": )" + std::to_string(port) + R"(, "tls": )" + tls + "}");
    return set.policy(set.at(0)).tls.starttls;
  };
  EXPECT_EQ(starttls(25, "true"), StarttlsProtocol::kSmtp);
  EXPECT_EQ(starttls(25, "false"), StarttlsProtocol::kNone);
  EXPECT_EQ(starttls(25, R"({"starttls": "none"})"), StarttlsProtocol::kNone);
  EXPECT_EQ(starttls(5432, R"({"starttls": "auto"})"), StarttlsProtocol::kPostgres);
  EXPECT_EQ(starttls(443, "true"), StarttlsProtocol::kNone);
  EXPECT_EQ(starttls(443, R"({"starttls": "xmpp_server"})"), StarttlsProtocol::kXmppServer);
}

TEST(MonitorDocumentTest, Retries) {
  EXPECT_EQ(json_policy(R"("retry_on_failure": true)").max_retries, 3U);
  EXPECT_EQ(json_policy(R"("max_retries": 2)").max_retries, 2U);
  EXPECT_EQ(json_policy(R"("max_retries": 0)").max_retries, 0U);
  EXPECT_EQ(json_policy(R"("retry_on_failure": false, "max_retries": 2)").max_retries, 0U);
}

TEST(MonitorDocumentTest, EscapesAfterTheNotationsOwn) {
  const std::string bytes("a\r\n\t\0\\\xffz", 8);
  EXPECT_EQ(json_policy(R"("send_after_connect": "a\\r\\n\\t\\0\\\\\\xFFz")").exchange.send, bytes);
  EXPECT_EQ(json_policy(R"("send_after_connect": "a\r\n\t\u0000\\\\\\xffz")").exchange.send, bytes);
  EXPECT_EQ(yaml_policy(R"(send_after_connect: a\r\n\t\0\\\xffz)").exchange.send, bytes);
  EXPECT_EQ(yaml_policy(R"(send_after_connect: 'a\r\n\t\0\\\xffz')").exchange.send, bytes);
  EXPECT_EQ(yaml_policy(R"(send_after_connect: "a\r\n\t\0\\\\\\xffz")").exchange.send, bytes);
  EXPECT_EQ(yaml_policy("send_after_connect_hex: 61 0d:0a 09005CFF7a").exchange.send, bytes);
  EXPECT_EQ(yaml_policy("expect_response_hex: '2b50'").exchange.substring, "+P");
  EXPECT_EQ(yaml_policy("expect_response: 220").exchange.substring, "220");
}

TEST(MonitorDocumentTest, YamlScalarsAreTypedByTheSchema) {
  const MonitorSet set = yaml(
      "host: 10.0.0.1\nport: 0x1BB\nname: 123\nenabled: True\nid: true\n"
      "labels: {version: 1.10, on: yes, empty: '', quoted: \"null\"}\n"
      "timeout: 10\nip_family: 4\nretry_on_failure: !!bool true\nmax_retries: 0o7\n");
  ASSERT_EQ(set.size(), 1U);
  EXPECT_EQ(set.name(set.at(0)), "123");
  EXPECT_EQ(set.id(set.at(0)), "true");
  EXPECT_EQ(set.at(0).port, 443);
  EXPECT_EQ(labels(set, 0), "empty=;on=yes;quoted=null;version=1.10;");
  EXPECT_EQ(set.policy(set.at(0)).max_retries, 7U);
  EXPECT_EQ(set.policy(set.at(0)).ip_family, IpFamily::kV4);
}

TEST(MonitorDocumentTest, JsonStringsAreUnescaped) {
  const MonitorSet set = json(
      R"([{"h\u006fst": "a", "port": 1, "name": "caf\u00e9 \"x\"", "labels": {"a\u0062": "\/"}}])");
  ASSERT_EQ(set.size(), 1U);
  EXPECT_EQ(set.name(set.at(0)), "café \"x\"");
  EXPECT_EQ(labels(set, 0), "ab=/;");
}

TEST(MonitorDocumentTest, Hosts) {
  for (const char* host : {"a", "example.org", "example.org.", "_srv._tcp.example.org", "127.0.0.1",
                           "::1", "[::1]", "xn--mller-kva.example", "1.example", "a-b"}) {
    const MonitorSet set = json(R"({"port": 1, "host": ")" + std::string(host) + "\"}");
    EXPECT_EQ(set.size(), 1U) << host;
  }
}

TEST(MonitorDocumentTest, EqualPoliciesAreInterned) {
  std::string text;
  for (int index = 0; index < 100; ++index) {
    text += R"({"host": "h)" + std::to_string(index) + R"(", "port": 1, "timeout": )" +
            std::to_string(1 + index % 2) + R"(, "expect_response_regex": "^x"})" + "\n";
  }
  const MonitorSet set = json(text);
  EXPECT_EQ(set.size(), 100U);
  EXPECT_EQ(set.policy_count(), 2U);
  // One compiled expression serves both.
  EXPECT_EQ(set.policy_at(0).exchange.pattern, set.policy_at(1).exchange.pattern);
}

TEST(MonitorDocumentTest, SubsecondIntervalsOnlyWhenAllowed) {
  ImportOptions options;
  options.allow_subsecond = true;
  const MonitorSet set = import_good(R"({"host": "a", "port": 1, "interval": "50ms"})",
                                     DocumentFormat::kJson, options);
  EXPECT_EQ(set.policy(set.at(0)).interval_ms, 50);
}

}  // namespace
}  // namespace tracer::import
