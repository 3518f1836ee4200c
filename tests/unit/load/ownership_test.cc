#include "tools/tracer/load/ownership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>

#include "tests/unit/sched/virtual_ring.h"

namespace tracer::cli {
namespace {

using sched::testing::VirtualClock;
using sched::testing::VirtualRing;
using testing::HasSubstr;

engine::IpAddress address(std::string_view text) { return engine::IpAddress::parse(text).value(); }

TEST(Ownership, LoopbackIsEverybodysOwn) {
  for (const char* text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(ownership_refusal(text, {address(text)}), "") << text;
  }
}

TEST(Ownership, WhatIsBeyondLoopbackIsRefused) {
  for (const char* text : {"126.255.255.255", "128.0.0.1", "0.0.0.0", "10.0.0.1", "192.168.1.1",
                           "::", "::2", "fe80::1", "::ffff:10.0.0.1"}) {
    EXPECT_THAT(ownership_refusal(text, {address(text)}), HasSubstr("--i-own-this-target")) << text;
  }
}

TEST(Ownership, OneAddressBeyondLoopbackIsEnough) {
  const std::vector<engine::IpAddress> own{address("127.0.0.1"), address("::1")};
  EXPECT_EQ(ownership_refusal("web.test", own), "");
  std::vector<engine::IpAddress> mixed = own;
  mixed.push_back(address("192.0.2.1"));
  EXPECT_THAT(ownership_refusal("web.test", mixed),
              HasSubstr("web.test is 192.0.2.1, which is not a loopback address"));
}

// Answers as a test says, when it is asked or a second later.
class SlowNames final : public engine::NameResolver {
 public:
  SlowNames(engine::Answer answer, bool at_once) : answer_(std::move(answer)), at_once_(at_once) {}

  std::optional<engine::Answer> resolve(std::string_view, engine::IpFamily, std::uint32_t waiter,
                                        std::int64_t now_ns) override {
    if (at_once_) return answer_;
    waiter_ = waiter;
    ready_ns_ = now_ns + 1'000'000'000;
    return std::nullopt;
  }
  engine::Answer give_up(std::uint32_t, std::int64_t) override { return answer_; }
  void forget(std::uint32_t) override {}
  void on_completion(const engine::Completion&, std::int64_t) override {}
  std::int64_t next_deadline_ns() const override { return ready_ns_; }
  void expire(std::int64_t now_ns) override { ready_ = now_ns >= ready_ns_; }
  std::span<const std::pair<std::uint32_t, engine::Answer>> take_answers() override {
    if (!ready_) return {};
    taken_[0] = {waiter_, answer_};
    return taken_;
  }

 private:
  const engine::Answer answer_;
  const bool at_once_;
  bool ready_ = false;
  std::uint32_t waiter_ = 0;
  std::int64_t ready_ns_ = INT64_MAX;
  std::array<std::pair<std::uint32_t, engine::Answer>, 1> taken_;
};

class AddressesOf : public ::testing::Test {
 protected:
  auto ask(std::string_view host, const engine::Answer& answer, bool at_once) {
    sched::ShardParts parts;
    parts.clock = &clock_;
    parts.ring = [this](std::uint32_t slots) {
      return tl::expected<std::unique_ptr<engine::Ring>, std::string>(
          std::make_unique<VirtualRing>(slots, clock_, traffic_));
    };
    parts.resolver = [&](engine::Ring&) {
      return tl::expected<std::unique_ptr<engine::NameResolver>, std::string>(
          std::make_unique<SlowNames>(answer, at_once));
    };
    return addresses_of(host, engine::IpFamily::kAny, parts);
  }

  VirtualClock clock_;
  VirtualRing::Traffic traffic_;
};

engine::Answer found(const std::vector<engine::IpAddress>& addresses) {
  return {engine::FailureCode::kNone,
          std::make_shared<engine::AddressList>(engine::AddressList{addresses}),
          {}};
}

TEST_F(AddressesOf, ALiteralIsItself) {
  const auto addresses = ask("192.0.2.7", {engine::FailureCode::kDnsNotFound, nullptr, {}}, true);
  ASSERT_TRUE(addresses);
  EXPECT_EQ(*addresses, std::vector{address("192.0.2.7")});
}

TEST_F(AddressesOf, ANameIsAllThatItResolvesTo) {
  const std::vector<engine::IpAddress> both{address("127.0.0.1"), address("192.0.2.1")};
  for (const bool at_once : {true, false}) {
    const auto addresses = ask("web.test", found(both), at_once);
    ASSERT_TRUE(addresses);
    EXPECT_EQ(*addresses, both);
  }
  EXPECT_EQ(traffic_.connects, 0U);
}

TEST_F(AddressesOf, WhatCannotBeResolvedIsNobodys) {
  for (const bool at_once : {true, false}) {
    const auto addresses =
        ask("web.test", {engine::FailureCode::kDnsNotFound, nullptr, "NXDOMAIN"}, at_once);
    ASSERT_FALSE(addresses);
    EXPECT_THAT(addresses.error(),
                HasSubstr("whose web.test is cannot be told (dns_not_found: NXDOMAIN)"));
  }
}

}  // namespace
}  // namespace tracer::cli
