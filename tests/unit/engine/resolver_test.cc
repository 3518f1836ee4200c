#include "tests/unit/engine/resolver_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/limits.h"

namespace tracer::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ResolverTest, AnswersLiteralsAtOnce) {
  EXPECT_THAT(texts(*resolve("192.0.2.7", 1)), ElementsAre("192.0.2.7"));
  EXPECT_THAT(texts(*resolve("[2001:db8::7]", 1, IpFamily::kV6)), ElementsAre("2001:db8::7"));
  EXPECT_EQ(resolve("192.0.2.7", 1, IpFamily::kV6)->failure, FailureCode::kDnsNoAddress);
  EXPECT_THAT(dns_->asked, IsEmpty());
}

TEST_F(ResolverTest, AnswersHostsAndLocalhostAtOnce) {
  EXPECT_THAT(texts(*resolve("PRINTER", 1)), ElementsAre("192.0.2.1"));
  EXPECT_THAT(texts(*resolve("printer.lan", 1)), ElementsAre("192.0.2.1"));
  EXPECT_THAT(texts(*resolve("db.localhost.", 1, IpFamily::kV4)), ElementsAre("127.0.0.1"));
  EXPECT_THAT(texts(*resolve("localhost", 1, IpFamily::kV6)), ElementsAre("::1"));
  EXPECT_THAT(dns_->asked, IsEmpty());
  // The file has no IPv6 address of the printer; DNS may.
  EXPECT_FALSE(resolve("printer", 1, IpFamily::kV6));
  EXPECT_THAT(dns_->asked, SizeIs(1));
}

TEST_F(ResolverTest, RefusesWhatDnsCannotHold) {
  const std::string label(64, 'a');
  const std::string long_name = [] {
    std::string name;
    while (name.size() <= limits::kMaxHostBytes) name += "a.";
    return name + "a";
  }();
  for (const std::string& host :
       {std::string(), std::string("."), std::string("a..b"), std::string(".a"), label, long_name,
        std::string("a b"), std::string("a\\.b"), std::string("a\0b", 3)}) {
    const auto answer = resolve(host, 1);
    ASSERT_TRUE(answer) << host;
    EXPECT_EQ(answer->failure, FailureCode::kDnsNotFound) << host;
  }
  EXPECT_THAT(dns_->asked, IsEmpty());
}

TEST_F(ResolverTest, AsksBothTypesApartAndOrdersWhatCame) {
  ASSERT_FALSE(resolve("WWW.Example.", 1));
  ASSERT_THAT(dns_->asked, SizeIs(2));
  EXPECT_EQ(dns_->asked[0].name, "www.example");
  EXPECT_EQ(dns_->asked[0].type, RecordType::kA);
  EXPECT_EQ(dns_->asked[1].type, RecordType::kAaaa);
  reply("www.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.1", "192.0.2.2"}, 60);
  EXPECT_THAT(take(), IsEmpty());
  reply("www.example", RecordType::kAaaa, DnsStatus::kAddresses, {"2001:db8::1"}, 60);
  EXPECT_THAT(texts(take_one()), ElementsAre("2001:db8::1", "192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(resolver_->next_deadline_ns(), kNoDeadline);
}

TEST_F(ResolverTest, AsksOneTypeForOneFamily) {
  ASSERT_FALSE(resolve("four.example", 1, IpFamily::kV4));
  ASSERT_FALSE(resolve("six.example", 2, IpFamily::kV6));
  ASSERT_THAT(dns_->asked, SizeIs(2));
  EXPECT_EQ(dns_->asked[0].type, RecordType::kA);
  EXPECT_EQ(dns_->asked[1].type, RecordType::kAaaa);
}

TEST_F(ResolverTest, AFailedPartnerIsNoFailure) {
  for (const DnsStatus status : {DnsStatus::kNoData, DnsStatus::kNotFound,
                                 DnsStatus::kServerFailure, DnsStatus::kNoAnswer}) {
    const std::string name = "n" + std::to_string(static_cast<int>(status));
    ASSERT_FALSE(resolve(name, 1));
    reply(name, RecordType::kAaaa, status);
    reply(name, RecordType::kA, DnsStatus::kAddresses, {"192.0.2.1"}, 60);
    const Answer answer = take_one();
    EXPECT_EQ(answer.failure, FailureCode::kNone);
    EXPECT_THAT(texts(answer), ElementsAre("192.0.2.1"));
  }
}

TEST_F(ResolverTest, WaitsForASilentPartnerNotForLong) {
  ASSERT_FALSE(resolve("a.example", 1));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.1"}, 60);
  EXPECT_EQ(resolver_->next_deadline_ns(), now_ + 250 * kMs);
  pass(249 * kMs);
  EXPECT_THAT(take(), IsEmpty());
  pass(1 * kMs);
  EXPECT_EQ(resolver_->next_deadline_ns(), 0) << "there is an answer to take";
  EXPECT_THAT(texts(take_one()), ElementsAre("192.0.2.1"));
  EXPECT_THAT(texts(*resolve("a.example", 2)), ElementsAre("192.0.2.1"));
  // It comes after all, and completes what is cached.
  reply("a.example", RecordType::kAaaa, DnsStatus::kAddresses, {"2001:db8::1"}, 60);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(texts(*resolve("a.example", 2)), ElementsAre("2001:db8::1", "192.0.2.1"));
}

TEST_F(ResolverTest, TellsFailuresApart) {
  const std::pair<DnsStatus, FailureCode> cases[] = {
      {DnsStatus::kNotFound, FailureCode::kDnsNotFound},
      {DnsStatus::kNoData, FailureCode::kDnsNoAddress},
      {DnsStatus::kServerFailure, FailureCode::kDnsServerFailure},
      {DnsStatus::kNoAnswer, FailureCode::kDnsTimeout},
      {DnsStatus::kLocalFailure, FailureCode::kLocalResources},
  };
  for (const auto& [status, code] : cases) {
    const std::string name = "n" + std::to_string(static_cast<int>(status));
    ASSERT_FALSE(resolve(name, 1));
    reply_both(name, status);
    const Answer answer = take_one();
    EXPECT_EQ(answer.failure, code);
    EXPECT_FALSE(answer.detail.empty());
    EXPECT_EQ(answer.addresses, nullptr);
  }
  EXPECT_EQ(resolver_->statistics().failures, std::size(cases));
}

TEST_F(ResolverTest, NamesTheGraverFailure) {
  ASSERT_FALSE(resolve("a.example", 1));
  reply("a.example", RecordType::kA, DnsStatus::kNoData);
  reply("a.example", RecordType::kAaaa, DnsStatus::kServerFailure);
  EXPECT_EQ(take_one().failure, FailureCode::kDnsServerFailure);
  ASSERT_FALSE(resolve("b.example", 1));
  reply("b.example", RecordType::kA, DnsStatus::kNoAnswer);
  reply("b.example", RecordType::kAaaa, DnsStatus::kNoData);
  EXPECT_EQ(take_one().failure, FailureCode::kDnsTimeout);
}

TEST_F(ResolverTest, SaysWhichRecordIsMissing) {
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV6));
  reply("a.example", RecordType::kAaaa, DnsStatus::kNoData);
  EXPECT_EQ(take_one().detail, "the name has no AAAA record");
  ASSERT_FALSE(resolve("a.example", 1));
  reply_both("a.example", DnsStatus::kNoData);
  EXPECT_EQ(take_one().detail, "the name has no A or AAAA record");
}

TEST_F(ResolverTest, SilenceWhileOthersAreAnsweredIsTheNamesTrouble) {
  ASSERT_FALSE(resolve("dead.example", 1, IpFamily::kV4));
  pass(5 * kS);
  learn("alive.example", "192.0.2.1", 60);
  pass(2 * kS);
  reply("dead.example", RecordType::kA, DnsStatus::kNoAnswer);
  const Answer answer = take_one();
  EXPECT_EQ(answer.failure, FailureCode::kDnsServerFailure);
  EXPECT_THAT(answer.detail, HasSubstr("192.0.2.53:53 answers for other names"));
}

TEST_F(ResolverTest, SilenceAfterTheLastSignOfLifeIsOurs) {
  ASSERT_FALSE(resolve("slow.example", 1, IpFamily::kV4));
  pass(1 * kS);
  learn("alive.example", "192.0.2.1", 60);  // and then the server died
  pass(6 * kS);
  reply("slow.example", RecordType::kA, DnsStatus::kNoAnswer);
  EXPECT_EQ(take_one().failure, FailureCode::kDnsTimeout);
}

TEST_F(ResolverTest, GivingUpTellsWhoseFaultItIs) {
  ASSERT_FALSE(resolve("a.example", 1));
  ASSERT_FALSE(resolve("a.example", 2));
  pass(1 * kS);
  learn("alive.example", "192.0.2.1", 60);
  EXPECT_EQ(resolver_->give_up(1, now_).failure, FailureCode::kDnsTimeout)
      << "one packet may have been lost";
  pass(1 * kS);
  EXPECT_EQ(resolver_->give_up(2, now_).failure, FailureCode::kDnsServerFailure);
  // The lookup goes on, and no one is told.
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.9"}, 60);
  reply("a.example", RecordType::kAaaa, DnsStatus::kNoData);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(texts(*resolve("a.example", 1)), ElementsAre("192.0.2.9"));
}

TEST_F(ResolverTest, GivingUpFindsTheAnswerThatLiesReady) {
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.9"}, 60);
  EXPECT_THAT(texts(resolver_->give_up(1, now_)), ElementsAre("192.0.2.9"));
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(ResolverTest, AForgottenWaiterHearsNothingEvenWhenItComesBack) {
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  resolver_->forget(1);
  resolver_->forget(1);
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.9"}, 60);
  EXPECT_THAT(take(), SizeIs(1));

  ASSERT_FALSE(resolve("b.example", 1, IpFamily::kV4));
  resolver_->forget(1);
  ASSERT_FALSE(resolve("c.example", 1, IpFamily::kV4));
  reply("b.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.9"}, 60);
  EXPECT_THAT(take(), IsEmpty()) << "waiter 1 waits for another name now";
  reply("c.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.9"}, 60);
  resolver_->forget(1);
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(ResolverTest, AThousandWaitersShareOneLookup) {
  for (std::uint32_t waiter = 0; waiter < 1000; ++waiter) {
    ASSERT_FALSE(resolve(waiter % 2 == 0 ? "a.example" : "A.Example.", waiter));
  }
  EXPECT_THAT(dns_->asked, SizeIs(2));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, {"192.0.2.9"}, 60);
  reply("a.example", RecordType::kAaaa, DnsStatus::kNoData);
  const auto answers = take();
  ASSERT_THAT(answers, SizeIs(1000));
  for (std::uint32_t waiter = 0; waiter < 1000; ++waiter) {
    EXPECT_EQ(answers[waiter].first, waiter);
    EXPECT_EQ(answers[waiter].second.addresses, answers[0].second.addresses);
  }
  EXPECT_EQ(resolver_->statistics().queries, 2U);
}

TEST_F(ResolverTest, QueuesWhatIsTooMuchAtATime) {
  restart({.max_queries = 3});
  for (std::uint32_t waiter = 0; waiter < 4; ++waiter) {
    ASSERT_FALSE(resolve("n" + std::to_string(waiter), waiter));
  }
  EXPECT_THAT(dns_->asked, SizeIs(3));  // both of n0, A of n1
  resolver_->forget(1);                 // half of its questions are out: the other follows
  resolver_->forget(2);                 // none is: none ever goes out
  const Answer waiting = resolver_->give_up(3, now_);
  EXPECT_EQ(waiting.failure, FailureCode::kDnsTimeout);
  EXPECT_THAT(waiting.detail, HasSubstr("queue"));
  ASSERT_FALSE(resolve("n3", 3));
  reply_both("n0", DnsStatus::kNoData);
  reply_both("n1", DnsStatus::kNoData);
  EXPECT_THAT(dns_->asked, SizeIs(2));
  reply_both("n3", DnsStatus::kNoData);
  const auto answers = take();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].first, 0U);
  EXPECT_EQ(answers[1].first, 3U);
  EXPECT_EQ(resolver_->statistics().queries, 6U);
}

TEST_F(ResolverTest, AQuestionThatFailsAtOnceIsAnsweredLikeOthers) {
  dns_->answer_at_once = true;
  EXPECT_FALSE(resolve("a.example", 1));
  EXPECT_EQ(resolver_->next_deadline_ns(), 0);
  EXPECT_EQ(take_one().failure, FailureCode::kDnsTimeout);
}

TEST_F(ResolverTest, KeepsAsManyAddressesAsAreTried) {
  std::vector<std::string> many;
  for (int i = 1; i <= 40; ++i) many.push_back("192.0.2." + std::to_string(i));
  ASSERT_FALSE(resolve("a.example", 1, IpFamily::kV4));
  reply("a.example", RecordType::kA, DnsStatus::kAddresses, many, 60);
  EXPECT_THAT(texts(take_one()), SizeIs(limits::kMaxAddresses));
}

}  // namespace
}  // namespace tracer::engine
