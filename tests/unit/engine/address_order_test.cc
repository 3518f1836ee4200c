#include "engine/address_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tracer::engine {
namespace {

using testing::ElementsAre;

IpAddress address(const std::string& text) { return *IpAddress::parse(text); }

// Orders by the sources that are given; what has none is out of reach.
std::vector<std::string> order(const std::vector<std::string>& destinations,
                               const std::map<std::string, std::string>& sources) {
  std::vector<IpAddress> addresses;
  for (const auto& text : destinations) addresses.push_back(address(text));
  order_addresses(addresses, [&](const IpAddress& to) -> std::optional<IpAddress> {
    const auto found = sources.find(to.to_string());
    if (found == sources.end()) return std::nullopt;
    return address(found->second);
  });
  std::vector<std::string> texts;
  for (const auto& ordered : addresses) texts.push_back(ordered.to_string());
  return texts;
}

TEST(AddressOrderTest, WhatIsOutOfReachComesLast) {
  EXPECT_THAT(order({"2001:db8::1", "192.0.2.1"}, {{"192.0.2.1", "192.0.2.9"}}),
              ElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST(AddressOrderTest, PrefersIpv6WhereBothAreReached) {
  EXPECT_THAT(order({"192.0.2.1", "2001:db8::1"},
                    {{"192.0.2.1", "192.0.2.9"}, {"2001:db8::1", "2001:db8::9"}}),
              ElementsAre("2001:db8::1", "192.0.2.1"));
}

TEST(AddressOrderTest, PrefersASourceOfTheSameScope) {
  EXPECT_THAT(
      order({"2001:db8::1", "192.0.2.1"}, {{"2001:db8::1", "fe80::9"}, {"192.0.2.1", "192.0.2.9"}}),
      ElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST(AddressOrderTest, PrefersASourceOfTheSameLabel) {
  // A unique local address does not reach the wide world well.
  EXPECT_THAT(
      order({"2001:db8::1", "192.0.2.1"}, {{"2001:db8::1", "fd00::9"}, {"192.0.2.1", "192.0.2.9"}}),
      ElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST(AddressOrderTest, PrefersTheHigherPrecedence) {
  EXPECT_THAT(order({"fd00::1", "2002:c000:201::1", "192.0.2.1", "2001:db8::1", "::1"},
                    {{"fd00::1", "fd00::9"},
                     {"2002:c000:201::1", "2002:c000:201::9"},
                     {"192.0.2.1", "192.0.2.9"},
                     {"2001:db8::1", "2001:db8::9"},
                     {"::1", "::1"}}),
              ElementsAre("::1", "2001:db8::1", "192.0.2.1", "2002:c000:201::1", "fd00::1"));
}

TEST(AddressOrderTest, PrefersTheSmallerScope) {
  EXPECT_THAT(
      order({"2001:db8::1", "fe80::1"}, {{"2001:db8::1", "2001:db8::9"}, {"fe80::1", "fe80::9"}}),
      ElementsAre("fe80::1", "2001:db8::1"));
}

TEST(AddressOrderTest, KeepsTheServersRotation) {
  EXPECT_THAT(
      order({"192.0.2.3", "192.0.2.1", "192.0.2.2"},
            {{"192.0.2.1", "192.0.2.1"}, {"192.0.2.2", "192.0.2.9"}, {"192.0.2.3", "192.0.2.9"}}),
      ElementsAre("192.0.2.3", "192.0.2.1", "192.0.2.2"));
}

TEST(AddressOrderTest, TheKernelNamesTheLoopbackAsSource) {
  const auto source = kernel_source(address("127.0.0.1"));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->to_string(), "127.0.0.1");
}

}  // namespace
}  // namespace tracer::engine
