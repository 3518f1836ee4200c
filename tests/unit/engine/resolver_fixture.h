// A resolver over a DNS client that says what a test tells it to, in time that a test tells.
#pragma once

#include "engine/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tracer::engine {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kS = 1000 * kMs;

// What was asked, for the test to answer. Time is what the test says it is.
class FakeDnsClient final : public DnsClient {
 public:
  struct Asked {
    std::string name;
    RecordType type;
    std::uint32_t id;
  };

  void ask(std::string_view name, RecordType type, std::uint32_t id, std::int64_t) override {
    asked.push_back({std::string(name), type, id});
    if (answer_at_once) ready.push_back({.id = id, .status = DnsStatus::kNoAnswer});
  }
  void on_completion(const Completion&, std::int64_t) override {}
  std::int64_t next_deadline_ns() const override { return kNoDeadline; }
  void expire(std::int64_t) override {}
  void take_replies(std::vector<DnsReply>& replies) override {
    std::ranges::move(std::exchange(ready, {}), std::back_inserter(replies));
  }
  std::int64_t retry_after_ns() const override { return kS; }
  std::string servers() const override { return "192.0.2.53:53"; }

  std::vector<Asked> asked;
  std::vector<DnsReply> ready;
  bool answer_at_once = false;
};

class ResolverTest : public testing::Test {
 protected:
  ResolverTest() { restart({}); }

  void restart(const Resolver::Options& options) {
    auto client = std::make_unique<FakeDnsClient>();
    dns_ = client.get();
    resolver_ = std::make_unique<Resolver>(
        options, std::move(client), HostsFile::parse("192.0.2.1 printer Printer.Lan.\n"),
        [](const IpAddress& destination) { return std::optional(destination); });
  }

  std::optional<Answer> resolve(std::string_view host, std::uint32_t waiter,
                                IpFamily family = IpFamily::kAny) {
    return resolver_->resolve(host, family, waiter, now_);
  }

  // Answers the questions of `name` and `type` that are open.
  void reply(std::string_view name, RecordType type, DnsStatus status,
             const std::vector<std::string>& addresses = {}, std::int64_t ttl_s = -1) {
    std::erase_if(dns_->asked, [&](const FakeDnsClient::Asked& asked) {
      if (asked.name != name || asked.type != type) return false;
      DnsReply made{.id = asked.id, .status = status, .ttl_s = ttl_s, .detail = "said so"};
      for (const auto& text : addresses) made.addresses.push_back(*IpAddress::parse(text));
      dns_->ready.push_back(made);
      return true;
    });
    resolver_->on_completion({}, now_);
  }
  void reply_both(std::string_view name, DnsStatus status, std::int64_t ttl_s = -1) {
    reply(name, RecordType::kA, status, {}, ttl_s);
    reply(name, RecordType::kAaaa, status, {}, ttl_s);
  }
  void learn(std::string_view name, const std::string& address, std::int64_t ttl_s) {
    ASSERT_FALSE(resolve(name, 900, IpFamily::kV4));
    reply(name, RecordType::kA, DnsStatus::kAddresses, {address}, ttl_s);
    ASSERT_THAT(take(), testing::SizeIs(1));
  }

  void pass(std::int64_t time_ns) {
    now_ += time_ns;
    resolver_->expire(now_);
  }

  std::vector<std::pair<std::uint32_t, Answer>> take() {
    const auto answers = resolver_->take_answers();
    return {answers.begin(), answers.end()};
  }
  // The one answer that is there.
  Answer take_one() {
    const auto answers = take();
    EXPECT_THAT(answers, testing::SizeIs(1));
    return answers.empty() ? Answer{} : answers.front().second;
  }

  static std::vector<std::string> texts(const Answer& answer) {
    std::vector<std::string> result;
    if (answer.addresses == nullptr) return result;
    for (const auto& address : answer.addresses->addresses) result.push_back(address.to_string());
    return result;
  }

  FakeDnsClient* dns_ = nullptr;
  std::unique_ptr<Resolver> resolver_;
  std::int64_t now_ = 1'000 * kS;
};

}  // namespace tracer::engine
