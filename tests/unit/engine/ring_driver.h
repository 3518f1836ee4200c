// Drives one ring for a test, and keeps what completes by token. Everything runs on the test's
// thread.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/limits.h"
#include "engine/ring.h"

namespace tracer::engine::testing {

inline constexpr std::int64_t kSecond = 1'000'000'000;

struct Result {
  std::int32_t result = 0;
  std::string data;
};

enum Kind : std::uint64_t { kConnect = 1, kSend, kReceive, kClose, kPoll };

inline Token token(Kind kind, Slot slot) {
  return make_token(TokenOwner::kProbe, std::uint64_t{kind} << kSlotBits | slot);
}

class RingDriver : public ::testing::Test {
 protected:
  using Clock = std::chrono::steady_clock;
  static bool hopeless(Clock::time_point start) {
    return Clock::now() - start > std::chrono::seconds(60);
  }

  // One wait(); what came is kept in results_, and every token must come once only.
  std::size_t turn(std::int64_t timeout_ns = kSecond) {
    const auto completions = ring_->wait(timeout_ns);
    EXPECT_LE(completions.size(), limits::kCompletionsPerTick);
    for (const Completion& completion : completions) {
      Result result{completion.result, {completion.data.begin(), completion.data.end()}};
      EXPECT_TRUE(results_.emplace(completion.token, result).second) << "completed twice";
    }
    return completions.size();
  }

  // Until `count` results have come in all, or so much time has passed that they never will.
  void gather(std::size_t count) {
    for (const auto start = Clock::now(); results_.size() < count && !hopeless(start);) turn();
    ASSERT_GE(results_.size(), count);
  }

  Result take(Token wanted) {
    for (const auto start = Clock::now(); !results_.contains(wanted) && !hopeless(start);) turn();
    EXPECT_TRUE(results_.contains(wanted)) << "never completed";
    Result result = results_[wanted];
    results_.erase(wanted);
    return result;
  }

  // Nothing more comes, of what is pending or at all.
  void expect_silence() {
    for (int i = 0; i < 20; ++i) turn(1'000'000);
    EXPECT_TRUE(results_.empty());
  }

  void connect(Slot slot, const Endpoint& target, const IpAddress& source = {}) {
    ring_->connect(slot, target, source, token(kConnect, slot));
  }
  void close(Slot slot) {
    ring_->close(slot, token(kClose, slot));
    (void)take(token(kClose, slot));
  }

  std::unique_ptr<Ring> ring_;
  std::map<Token, Result> results_;
};

}  // namespace tracer::engine::testing
