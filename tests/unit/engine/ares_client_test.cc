#include "engine/ares_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/clock.h"
#include "engine/resolver.h"
#include "tests/unit/engine/fake_dns_server.h"
#include "tests/unit/engine/poll_ring.h"

namespace tracer::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr int kA = 1;
constexpr std::int64_t kWaitNs = 5'000'000;
// Far more turns than any test needs, each of which waits for at most kWaitNs.
constexpr int kMaxTurns = 4000;

std::vector<std::string> texts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> result;
  for (const auto& address : addresses) result.push_back(address.to_string());
  return result;
}

class AresClientTest : public testing::Test {
 protected:
  void serve(FakeDnsServer::Handler handler) {
    server_ = std::make_unique<FakeDnsServer>(std::move(handler));
    start(server_->address());
  }

  void start(const std::string& server) {
    auto client = make_ares_client({.servers = {server}, .timeout_ms = 100, .tries = 2}, ring_);
    ASSERT_TRUE(client) << client.error();
    client_ = std::move(*client);
  }

  void ask(const std::string& name, RecordType type, std::uint32_t id) {
    client_->ask(name, type, id, clock_.monotonic_ns());
  }

  // Lets time and packets pass until `count` replies are there.
  std::map<std::uint32_t, DnsReply> await(std::size_t count) {
    std::vector<DnsReply> replies;
    for (int turn = 0; turn < kMaxTurns && replies.size() < count; ++turn) {
      for (const Completion& completion : ring_.wait(kWaitNs)) {
        EXPECT_EQ(token_owner(completion.token), TokenOwner::kResolver);
        EXPECT_EQ(completion.token >> 56, 0U);
        client_->on_completion(completion, clock_.monotonic_ns());
      }
      client_->expire(clock_.monotonic_ns());
      client_->take_replies(replies);
      if (server_) server_->serve();
      if (neighbour_ != nullptr) neighbour_->serve();
    }
    EXPECT_EQ(replies.size(), count);
    std::map<std::uint32_t, DnsReply> by_id;
    for (DnsReply& reply : replies) by_id[reply.id] = std::move(reply);
    EXPECT_EQ(by_id.size(), count);
    return by_id;
  }

  DnsReply ask_and_await(const std::string& name, RecordType type = RecordType::kA) {
    ask(name, type, 7);
    return await(1)[7];
  }

  SystemClock clock_;
  PollRing ring_;
  std::unique_ptr<FakeDnsServer> server_;
  FakeDnsServer* neighbour_ = nullptr;  // served likewise
  std::unique_ptr<DnsClient> client_;
};

TEST_F(AresClientTest, ReadsBothKindsOfAddresses) {
  serve([](const DnsQuestion& question) -> std::optional<DnsResponse> {
    if (question.type == kA) {
      return DnsResponse{.answers = {a_record(question.name, "192.0.2.1", 50),
                                     a_record(question.name, "192.0.2.2", 40)}};
    }
    return DnsResponse{.answers = {aaaa_record(question.name, "2001:db8::1", 30)}};
  });
  ask("a.example", RecordType::kA, 1);
  ask("a.example", RecordType::kAaaa, 2);
  EXPECT_NE(client_->next_deadline_ns(), kNoDeadline);
  auto replies = await(2);
  EXPECT_EQ(replies[1].status, DnsStatus::kAddresses);
  EXPECT_THAT(texts(replies[1].addresses), ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(replies[1].ttl_s, 40);
  EXPECT_THAT(texts(replies[2].addresses), ElementsAre("2001:db8::1"));
  EXPECT_EQ(replies[2].ttl_s, 30);
  EXPECT_EQ(client_->next_deadline_ns(), kNoDeadline);
  EXPECT_EQ(ring_.watched(), 0U) << "nothing is open, nothing is watched";
}

TEST_F(AresClientTest, TheLeastTtlOfTheChainCounts) {
  serve([](const DnsQuestion& question) {
    return DnsResponse{.answers = {cname_record(question.name, "b.example", 20),
                                   cname_record("b.example", "c.example", 90),
                                   a_record("c.example", "192.0.2.1", 300)}};
  });
  const DnsReply reply = ask_and_await("a.example");
  EXPECT_THAT(texts(reply.addresses), ElementsAre("192.0.2.1"));
  EXPECT_EQ(reply.ttl_s, 20);
}

TEST_F(AresClientTest, ADroppedTypeDoesNotHoldTheOtherUp) {
  serve([](const DnsQuestion& question) -> std::optional<DnsResponse> {
    if (question.type != kA) return std::nullopt;
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}};
  });
  ask("a.example", RecordType::kAaaa, 2);
  ask("a.example", RecordType::kA, 1);
  EXPECT_EQ(await(1).begin()->first, 1U);
  EXPECT_EQ(await(1)[2].status, DnsStatus::kNoAnswer);
}

TEST_F(AresClientTest, TellsNegativeAnswersApartAndReadsTheirTtl) {
  serve([](const DnsQuestion& question) {
    DnsResponse response{.authorities = {soa_record("example", 600, 17)}};
    if (question.name == "gone.example") response.code = 3;
    if (question.name == "alias.example") {
      response.answers = {cname_record(question.name, "b.example")};
    }
    if (question.name == "bare.example") response.authorities.clear();
    return response;
  });
  const DnsReply gone = ask_and_await("gone.example");
  EXPECT_EQ(gone.status, DnsStatus::kNotFound);
  EXPECT_EQ(gone.ttl_s, 17);
  const DnsReply empty = ask_and_await("empty.example");
  EXPECT_EQ(empty.status, DnsStatus::kNoData);
  EXPECT_EQ(empty.ttl_s, 17);
  const DnsReply alias = ask_and_await("alias.example");
  EXPECT_EQ(alias.status, DnsStatus::kNoData);
  EXPECT_EQ(alias.ttl_s, 17);
  EXPECT_EQ(ask_and_await("bare.example").ttl_s, -1);
}

TEST_F(AresClientTest, RefusalsAndNonsenseAreTheServersFailure) {
  serve([](const DnsQuestion& question) -> std::optional<DnsResponse> {
    if (question.name == "refused.example") return DnsResponse{.code = 5};
    if (question.name == "nonsense.example") return DnsResponse{.claimed_answers = 3};
    return DnsResponse{.code = 2};
  });
  for (const char* name : {"servfail.example", "refused.example", "nonsense.example"}) {
    const DnsReply reply = ask_and_await(name);
    EXPECT_EQ(reply.status, DnsStatus::kServerFailure) << name;
    EXPECT_FALSE(reply.detail.empty());
  }
}

TEST_F(AresClientTest, AsksTheNextServerWhatOneCannotAnswer) {
  FakeDnsServer broken([](const DnsQuestion&) { return DnsResponse{.code = 2}; });
  server_ = std::make_unique<FakeDnsServer>([&](const DnsQuestion& question) {
    if (question.name == "lost.example") return DnsResponse{.code = 5};
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}};
  });
  auto client = make_ares_client(
      {.servers = {broken.address(), server_->address()}, .timeout_ms = 100, .tries = 2}, ring_);
  ASSERT_TRUE(client) << client.error();
  client_ = std::move(*client);
  neighbour_ = &broken;
  EXPECT_THAT(texts(ask_and_await("a.example").addresses), ElementsAre("192.0.2.1"));
  EXPECT_EQ(ask_and_await("lost.example").status, DnsStatus::kServerFailure);
}

TEST_F(AresClientTest, AsksTheNextServerWhatOneDoesNotAnswer) {
  FakeDnsServer silent([](const DnsQuestion&) { return std::nullopt; });
  server_ = std::make_unique<FakeDnsServer>([&](const DnsQuestion& question) {
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}};
  });
  auto client = make_ares_client(
      {.servers = {silent.address(), server_->address()}, .timeout_ms = 100, .tries = 2}, ring_);
  ASSERT_TRUE(client) << client.error();
  client_ = std::move(*client);
  EXPECT_THAT(texts(ask_and_await("a.example").addresses), ElementsAre("192.0.2.1"));
}

TEST_F(AresClientTest, AsksAgainOverTcpWhatWasCutShort) {
  serve([](const DnsQuestion& question) {
    if (!question.tcp) return DnsResponse{.truncated = true};
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}};
  });
  EXPECT_THAT(texts(ask_and_await("a.example").addresses), ElementsAre("192.0.2.1"));
  EXPECT_TRUE(server_->questions().back().tcp);
}

TEST_F(AresClientTest, IsNotTakenInByAnotherId) {
  serve([](const DnsQuestion& question) {
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}, .wrong_id_first = true};
  });
  EXPECT_THAT(texts(ask_and_await("a.example").addresses), ElementsAre("192.0.2.1"));
}

TEST_F(AresClientTest, RepeatsWhatWasLost) {
  int asked = 0;
  serve([&](const DnsQuestion& question) -> std::optional<DnsResponse> {
    if (++asked == 1) return std::nullopt;
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}};
  });
  EXPECT_THAT(texts(ask_and_await("a.example").addresses), ElementsAre("192.0.2.1"));
  EXPECT_THAT(server_->questions(), SizeIs(2));
}

// With this time-out only a refusal can end the questions before the test runs out of turns.
TEST_F(AresClientTest, AServerThatIsNotThereIsNoAnswerAtOnce) {
  const std::string address =
      FakeDnsServer([](const DnsQuestion&) { return std::nullopt; }).address();
  auto client = make_ares_client({.servers = {address}, .timeout_ms = 60'000, .tries = 3}, ring_);
  ASSERT_TRUE(client) << client.error();
  client_ = std::move(*client);
  for (std::uint32_t id = 0; id < 10; ++id) ask("a.example", RecordType::kA, id);
  for (const auto& [id, reply] : await(10)) EXPECT_EQ(reply.status, DnsStatus::kNoAnswer) << id;
}

TEST_F(AresClientTest, CanEndWithQuestionsOpen) {
  serve([](const DnsQuestion&) { return std::nullopt; });
  for (std::uint32_t id = 0; id < 100; ++id) ask("a.example", RecordType::kA, id);
  client_.reset();
  EXPECT_EQ(ring_.watched(), 0U);
}

TEST_F(AresClientTest, ThousandsOfQuestionsKeepTheirIds) {
  serve([](const DnsQuestion& question) {
    const std::string address = "10.0." + question.name.substr(0, question.name.find(".x"));
    return DnsResponse{.answers = {a_record(question.name, address)}};
  });
  for (std::uint32_t round = 0; round < 40; ++round) {
    for (std::uint32_t id = 0; id < 100; ++id) {
      ask(std::to_string(round) + "." + std::to_string(id) + ".x", RecordType::kA, id);
    }
    for (auto& [id, reply] : await(100)) {
      EXPECT_THAT(texts(reply.addresses),
                  ElementsAre("10.0." + std::to_string(round) + "." + std::to_string(id)));
    }
  }
}

TEST_F(AresClientTest, RefusesServersThatAreNone) {
  for (const char* server : {"dns.example", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
                             "127.0.0.1:53x", "[::1", "", "::1:zz"}) {
    const auto client = make_ares_client({.servers = {server}}, ring_);
    ASSERT_FALSE(client) << server;
    EXPECT_THAT(client.error(), HasSubstr(std::string("\"") + server + "\""));
  }
  const auto client =
      make_ares_client({.servers = {"192.0.2.1", "::1", "[2001:db8::1]:5353"}}, ring_);
  ASSERT_TRUE(client) << client.error();
  EXPECT_EQ((*client)->servers(), "192.0.2.1:53, [::1]:53, [2001:db8::1]:5353");
}

TEST_F(AresClientTest, AThousandWaitersCostTwoQuestionsOnTheWire) {
  FakeDnsServer server([](const DnsQuestion& question) {
    if (question.type != kA) return DnsResponse{};
    return DnsResponse{.answers = {a_record(question.name, "192.0.2.1")}};
  });
  auto created = Resolver::create({.servers = {server.address()}, .hosts_file = ""}, ring_);
  ASSERT_TRUE(created) << created.error();
  Resolver& resolver = **created;
  for (std::uint32_t waiter = 0; waiter < 1000; ++waiter) {
    ASSERT_FALSE(resolver.resolve("a.example", IpFamily::kAny, waiter, clock_.monotonic_ns()));
  }
  std::set<std::uint32_t> answered;
  for (int turn = 0; turn < kMaxTurns && answered.size() < 1000; ++turn) {
    server.serve();
    for (const Completion& completion : ring_.wait(kWaitNs)) {
      resolver.on_completion(completion, clock_.monotonic_ns());
    }
    resolver.expire(clock_.monotonic_ns());
    for (const auto& [waiter, answer] : resolver.take_answers()) {
      EXPECT_TRUE(answered.insert(waiter).second);
      ASSERT_NE(answer.addresses, nullptr) << answer.detail;
      EXPECT_THAT(texts(answer.addresses->addresses), ElementsAre("192.0.2.1"));
    }
  }
  EXPECT_EQ(answered.size(), 1000U);
  EXPECT_THAT(server.questions(), SizeIs(2));
  EXPECT_TRUE(resolver.resolve("a.example", IpFamily::kAny, 1, clock_.monotonic_ns()));
  const auto statistics = resolver.statistics();
  EXPECT_EQ(statistics.queries, 2U);
  EXPECT_EQ(statistics.hits, 1U);
}

TEST_F(AresClientTest, TheResolverChecksItsOptions) {
  for (const Resolver::Options& options :
       {Resolver::Options{.timeout_ms = 0}, Resolver::Options{.tries = 11},
        Resolver::Options{.max_queries = 0}, Resolver::Options{.cache_entries = 0},
        Resolver::Options{.partner_delay_ms = -1}, Resolver::Options{.servers = {"x"}}}) {
    EXPECT_FALSE(Resolver::create(options, ring_));
  }
}

}  // namespace
}  // namespace tracer::engine
