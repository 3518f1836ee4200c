// How long the resolver keeps answers, and when it serves what is past its time.
#include "tests/unit/engine/resolver_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tracer::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ResolverTest, CountsHitsMissesAndWhoWaits) {
  EXPECT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  EXPECT_FALSE(resolve("a.example", 2, IpFamily::kV4));
  EXPECT_EQ(resolver_->statistics().misses, 2U);
  EXPECT_EQ(resolver_->statistics().waiting, 2U);
  EXPECT_EQ(resolver_->statistics().entries, 0U);
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.7"}, 60);
  EXPECT_TRUE(resolve("a.example", 3, IpFamily::kV4));
  const NameStatistics statistics = resolver_->statistics();
  EXPECT_EQ(statistics.hits, 1U);
  EXPECT_EQ(statistics.misses, 2U);
  EXPECT_EQ(statistics.queries, 1U);
  EXPECT_EQ(statistics.waiting, 0U);
  EXPECT_EQ(statistics.entries, 1U);
}

TEST_F(ResolverTest, AddressesHoldForTheirTtlWithinBounds) {
  const std::pair<std::int64_t, std::int64_t> ttls[] = {{0, 1}, {60, 60}, {100'000, 3600}};
  for (const auto& [ttl_s, held_s] : ttls) {
    const std::string name = "ttl" + std::to_string(ttl_s);
    learn(name, "192.0.2.1", ttl_s);
    pass(held_s * kS - 1);
    EXPECT_TRUE(resolve(name, 1, IpFamily::kV4)) << ttl_s;
    pass(1);
    EXPECT_FALSE(resolve(name, 1, IpFamily::kV4)) << ttl_s;
    resolver_->forget(1);
  }
  EXPECT_EQ(resolver_->statistics().hits, std::size(ttls));
}

TEST_F(ResolverTest, TheLesserTtlOfBothTypesCounts) {
  ASSERT_FALSE(resolve("a.example", 1));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.1"}, 60);
  reply("a.example", RecordType::kAaaa, DnsStatus::kAddresses, {"2001:db8::1"}, 20);
  take();
  pass(20 * kS);
  EXPECT_FALSE(resolve("a.example", 1));
}

TEST_F(ResolverTest, HalfAnAnswerIsAskedAnewSooner) {
  ASSERT_FALSE(resolve("a.example", 1));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.1"}, 3600);
  reply("a.example", RecordType::kAaaa, DnsStatus::kServerFailure);
  take();
  pass(30 * kS);
  EXPECT_FALSE(resolve("a.example", 1));
}

TEST_F(ResolverTest, NegativeAnswersHoldBriefly) {
  struct Case {
    DnsStatus status;
    std::int64_t ttl_s;
    std::int64_t held_s;
  };
  for (const Case& sample : {Case{DnsStatus::kNotFound, -1, 10},
                             {DnsStatus::kNotFound, 1, 5},
                             {DnsStatus::kNoData, 20, 20},
                             {DnsStatus::kNoData, 900, 30},
                             {DnsStatus::kServerFailure, -1, 5}}) {
    const std::string name = "n" + std::to_string(now_);
    ASSERT_FALSE(resolve(name, 1));
    reply_both(name, sample.status, sample.ttl_s);
    take();
    pass(sample.held_s * kS - 1);
    EXPECT_TRUE(resolve(name, 1)) << sample.held_s;
    pass(1);
    EXPECT_FALSE(resolve(name, 1)) << sample.held_s;
    resolver_->forget(1);
  }
}

TEST_F(ResolverTest, SilenceIsNotCached) {
  ASSERT_FALSE(resolve("a.example", 1));
  reply_both("a.example", DnsStatus::kNoAnswer);
  take();
  EXPECT_FALSE(resolve("a.example", 1));
  EXPECT_THAT(dns_->asked, SizeIs(2));
}

TEST_F(ResolverTest, ServesStaleWhenNoServerCanBeReached) {
  learn("a.example", "192.0.2.1", 60);
  pass(3600 * kS);
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  reply("a.example", RecordType::kA, DnsStatus::kNoAnswer);
  EXPECT_THAT(texts(take_one()), ElementsAre("192.0.2.1"));
  // For a while no further question is wasted; then it is tried anew.
  EXPECT_TRUE(resolve("a.example", 1, IpFamily::kV4));
  EXPECT_THAT(dns_->asked, IsEmpty());
  EXPECT_EQ(resolver_->statistics().stale, 2U);
  EXPECT_EQ(resolver_->statistics().failures, 0U);
  pass(30 * kS);
  EXPECT_FALSE(resolve("a.example", 1, IpFamily::kV4));
}

TEST_F(ResolverTest, ServesStaleWhileAServerThinksForLong) {
  learn("a.example", "192.0.2.1", 60);
  pass(3600 * kS);
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  EXPECT_EQ(resolver_->next_deadline_ns(), now_ + 1800 * kMs);
  pass(1800 * kMs);
  EXPECT_THAT(texts(take_one()), ElementsAre("192.0.2.1"));
  // What it says in the end replaces the stale answer, good or bad.
  reply("a.example", RecordType::kA, DnsStatus::kNotFound);
  EXPECT_EQ(resolve("a.example", 1, IpFamily::kV4)->failure, FailureCode::kDnsNotFound);
}

TEST_F(ResolverTest, StaleDoesNotOutliveADayNorHideWhatAServerSays) {
  learn("old.example", "192.0.2.1", 60);
  learn("gone.example", "192.0.2.2", 60);
  pass(3600 * kS);
  ASSERT_FALSE(resolve("gone.example", 1, IpFamily::kV4));
  reply("gone.example", RecordType::kA, DnsStatus::kServerFailure);
  EXPECT_EQ(take_one().failure, FailureCode::kDnsServerFailure);
  pass(24 * 3600 * kS);
  ASSERT_FALSE(resolve("old.example", 1, IpFamily::kV4));
  reply("old.example", RecordType::kA, DnsStatus::kNoAnswer);
  EXPECT_EQ(take_one().failure, FailureCode::kDnsTimeout);
}

TEST_F(ResolverTest, TheCacheIsBounded) {
  restart({.cache_entries = 2});
  learn("a.example", "192.0.2.1", 60);
  learn("b.example", "192.0.2.2", 60);
  EXPECT_TRUE(resolve("a.example", 1, IpFamily::kV4));
  learn("c.example", "192.0.2.3", 60);
  EXPECT_TRUE(resolve("a.example", 1, IpFamily::kV4));
  EXPECT_TRUE(resolve("c.example", 1, IpFamily::kV4));
  EXPECT_FALSE(resolve("b.example", 1, IpFamily::kV4)) << "the least recently used";
}

}  // namespace
}  // namespace tracer::engine
