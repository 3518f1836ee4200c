#include <gtest/gtest.h>

#include <string>

#include "ssl/trust.h"

namespace tracer::ssl {
namespace {

using namespace std::string_literals;

bool matches(const std::string& san, std::string_view name) { return name_matches({san}, name); }

TEST(NameMatch, ComparesDnsNamesWithoutCaseAndTrailingDot) {
  EXPECT_TRUE(matches("DNS:www.example.test", "www.example.test"));
  EXPECT_TRUE(matches("DNS:WWW.Example.test", "www.eXample.TEST"));
  EXPECT_TRUE(matches("DNS:www.example.test", "www.example.test."));
  EXPECT_TRUE(matches("DNS:localhost", "localhost"));
  EXPECT_TRUE(matches("DNS:under_score.test", "under_score.test"));
  EXPECT_TRUE(name_matches({"DNS:a.test", "IP:127.0.0.1", "DNS:b.test"}, "b.test"));
  EXPECT_FALSE(matches("DNS:www.example.test", "example.test"));
  EXPECT_FALSE(matches("DNS:example.test", "www.example.test"));
  EXPECT_FALSE(matches("DNS:www.example.test.", "www.example.test"));
  EXPECT_FALSE(matches("DNS:www.example.test", "www.example.test.."));
  EXPECT_FALSE(name_matches({}, "a.test"));
  EXPECT_FALSE(matches("DNS:", ""));
  EXPECT_FALSE(matches("DNS:", "."));
}

TEST(NameMatch, TakesAWildcardOnlyAsTheWholeLeftMostLabel) {
  EXPECT_TRUE(matches("DNS:*.example.test", "www.example.test"));
  EXPECT_TRUE(matches("DNS:*.Example.test", "xn--mller-kva.example.TEST"));
  EXPECT_FALSE(matches("DNS:*.example.test", "example.test"));
  EXPECT_FALSE(matches("DNS:*.example.test", ".example.test"));
  EXPECT_FALSE(matches("DNS:*.example.test", "a.b.example.test"));
  EXPECT_FALSE(matches("DNS:w*.example.test", "www.example.test"));
  EXPECT_FALSE(matches("DNS:*w.example.test", "www.example.test"));
  EXPECT_FALSE(matches("DNS:www.*.test", "www.example.test"));
  EXPECT_FALSE(matches("DNS:*.*.test", "www.example.test"));
  EXPECT_FALSE(matches("DNS:*", "localhost"));
  EXPECT_FALSE(matches("DNS:*.test", "example.test"));
  EXPECT_FALSE(matches("DNS:*.example.test", "*.example.test"));
}

TEST(NameMatch, NeverMatchesWithBytesThatNoNameHas) {
  EXPECT_FALSE(matches("DNS:www.example.test\\x00.evil.test", "www.example.test"));
  EXPECT_FALSE(matches("DNS:www.example.test\0.evil.test"s, "www.example.test"));
  EXPECT_FALSE(matches("DNS:www.example.test\0"s, "www.example.test\0"s));
  EXPECT_FALSE(matches("DNS:a b.test", "a b.test"));
}

TEST(NameMatch, ComparesAddressesAsAddresses) {
  EXPECT_TRUE(matches("IP:127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(matches("IP:2001:db8::a", "2001:0DB8:0:0::000a"));
  EXPECT_TRUE(matches("IP:fe80::1", "fe80::1%eth0"));
  EXPECT_TRUE(matches("IP:::ffff:127.0.0.1", "::ffff:7f00:1"));
  EXPECT_FALSE(matches("IP:::ffff:127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(matches("IP:127.0.0.1", "127.0.0.2"));
  EXPECT_FALSE(matches("DNS:127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(matches("DNS:*.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(matches("IP:127.0.0.1", "localhost"));
  EXPECT_FALSE(matches("email:www.example.test", "www.example.test"));
  EXPECT_FALSE(matches("URI:www.example.test", "www.example.test"));
}

}  // namespace
}  // namespace tracer::ssl
