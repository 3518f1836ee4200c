#include "ssl/host_syntax.h"

#include <gtest/gtest.h>

#include <array>

namespace tracer::ssl {
namespace {

TEST(HostSyntax, PreferredHostNames) {
  const std::string label(63, 'a');
  for (const std::string& good :
       {std::string("a"), std::string("www.example.test"), std::string("A-1.xn--mnchen-3ya.test"),
        std::string("1.example.test"), label + ".test"}) {
    EXPECT_TRUE(is_preferred_host_name(good)) << good;
    EXPECT_TRUE(is_preferred_certificate_name(good)) << good;
  }
  std::string long_name = label + "." + label + "." + label + "." + label;
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("a..test"), std::string(".example.test"),
        std::string("example.test."), std::string("a_b.test"), std::string("-a.test"),
        std::string("a-.test"), std::string("192.0.2.1"), std::string("a.1"),
        std::string("m\xc3\xbcnchen.test"), std::string("a b.test"), std::string("a\0.test", 7),
        label + "a.test", long_name, std::string("*"), std::string("a.*.test")}) {
    EXPECT_FALSE(is_preferred_host_name(bad)) << bad;
    EXPECT_FALSE(is_preferred_certificate_name(bad)) << bad;
  }
}

TEST(HostSyntax, WildcardsOfCertificates) {
  EXPECT_TRUE(is_preferred_certificate_name("*.example.test"));
  EXPECT_FALSE(is_preferred_host_name("*.example.test"));
  for (const std::string bad : {"*.test", "*.", "*example.test", "*.*.example.test", "a*.b.test"}) {
    EXPECT_FALSE(is_preferred_certificate_name(bad)) << bad;
  }
}

TEST(HostSyntax, AddressesHaveOneForm) {
  const std::array<std::uint8_t, 4> v4 = {192, 0, 2, 1};
  const std::array<std::uint8_t, 16> v6 = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(address_text(v4), "192.0.2.1");
  EXPECT_EQ(address_text(v6), "2001:db8::1:0:0:1");
  EXPECT_EQ(address_text(Bytes(v6).first(5)), "");
}

}  // namespace
}  // namespace tracer::ssl
