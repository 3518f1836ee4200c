#include "engine/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <utility>

namespace tracer::engine {
namespace {

std::string canonical(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(IpAddressTest, ReadsAndWritesCanonically) {
  EXPECT_EQ(canonical("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(canonical("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(canonical("::"), "::");
  EXPECT_EQ(canonical("[::1]"), "::1");
  EXPECT_EQ(canonical("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(canonical("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
  EXPECT_EQ(IpAddress{}.to_string(), "");
}

TEST(IpAddressTest, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "1", "1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4.5", "[1.2.3.4]", ":::", "fe80::1%eth0",
        "[::1", "::1]", "1.2.3.4 ", "::g", "[]"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
  EXPECT_EQ(canonical(std::string_view("1.2.3.4\0", 8)), "refused");
  EXPECT_EQ(canonical(std::string(100, '1')), "refused");
}

TEST(NetworkTest, ContainsByPrefix) {
  const auto contains = [](std::string_view network, std::string_view address) {
    return Network::parse(network)->contains(*IpAddress::parse(address));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(Network{}.contains(IpAddress{}));
}

// A connection to such an address goes over IPv4: a deny list must not be passed by it.
TEST(NetworkTest, MappedAddressesAreInTheirIpv4Blocks) {
  const auto network = *Network::parse("169.254.0.0/16");
  EXPECT_TRUE(network.contains(*IpAddress::parse("::ffff:169.254.169.254")));
  EXPECT_FALSE(network.contains(*IpAddress::parse("::ffff:10.0.0.1")));
  EXPECT_TRUE(Network::parse("::ffff:0:0/96")->contains(*IpAddress::parse("::ffff:10.0.0.1")));
}

TEST(NetworkTest, BitsAfterThePrefixAreCleared) {
  EXPECT_EQ(Network::parse("10.1.2.3/8")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Network::parse("2001:db8:ffff::/34")->to_string(), "2001:db8:c000::/34");
  EXPECT_EQ(Network::parse("10.1.2.3")->to_string(), "10.1.2.3/32");
  EXPECT_EQ(Network::parse("10.1.2.3/8"), Network::parse("10.0.0.0/8"));
}

TEST(NetworkTest, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/a",
                                      "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "/8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(EndpointTest, FillsSocketAddresses) {
  sockaddr_storage storage;
  Endpoint endpoint{*IpAddress::parse("127.0.0.2"), 8080};
  ASSERT_EQ(endpoint.to_sockaddr(storage), sizeof(sockaddr_in));
  sockaddr_in v4;
  std::memcpy(&v4, &storage, sizeof v4);
  EXPECT_EQ(v4.sin_family, AF_INET);
  EXPECT_EQ(ntohs(v4.sin_port), 8080);
  EXPECT_EQ(ntohl(v4.sin_addr.s_addr), 0x7F000002U);
  EXPECT_EQ(endpoint.to_string(), "127.0.0.2:8080");

  endpoint = {*IpAddress::parse("::1"), 443};
  ASSERT_EQ(endpoint.to_sockaddr(storage), sizeof(sockaddr_in6));
  sockaddr_in6 v6;
  std::memcpy(&v6, &storage, sizeof v6);
  EXPECT_EQ(v6.sin6_family, AF_INET6);
  EXPECT_EQ(ntohs(v6.sin6_port), 443);
  EXPECT_EQ(v6.sin6_addr.s6_addr[15], 1);
  EXPECT_EQ(endpoint.to_string(), "[::1]:443");
}

}  // namespace
}  // namespace tracer::engine
