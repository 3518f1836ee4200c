#include "engine/outcome.h"

#include <gtest/gtest.h>

#include <string>

namespace tracer::engine {
namespace {

constexpr std::size_t kRoom = limits::kDetailBytes - 1;

TEST(Outcome, DetailThatFitsIsKeptWhole) {
  Outcome outcome;
  outcome.set_detail("connect: refused");
  EXPECT_EQ(outcome.detail_text(), "connect: refused");
  const std::string full(kRoom, 'x');
  outcome.set_detail(full);
  EXPECT_EQ(outcome.detail_text(), full);
  outcome.set_detail("");
  EXPECT_EQ(outcome.detail_text(), "");
}

TEST(Outcome, DetailIsCutBetweenCharacters) {
  for (const std::string character : {"x", "\u00e9", "\u20ac", "\U0001F512"}) {
    for (std::size_t shift = 0; shift < 5; ++shift) {
      std::string text(shift, 'a');
      while (text.size() < 2 * kRoom) text += character;
      Outcome outcome;
      outcome.set_detail(text);
      const std::string_view kept = outcome.detail_text();
      EXPECT_EQ(kept, text.substr(0, kept.size()));
      EXPECT_EQ((kept.size() - shift) % character.size(), 0U) << character << shift;
      EXPECT_GT(kept.size() + character.size(), kRoom);
    }
  }
}

TEST(Outcome, DetailOfBytesThatAreNotTextStillFits) {
  Outcome outcome;
  outcome.set_detail(std::string(500, '\xBF'));
  EXPECT_EQ(outcome.detail_text().size(), kRoom);
  outcome.set_detail(std::string("a\0b", 3));
  EXPECT_EQ(outcome.detail_text(), "a?b");
}

TEST(Outcome, AShortResponseNeedsNoBody) {
  Outcome outcome;
  outcome.set_response("+PONG\r\n", true);
  EXPECT_TRUE(outcome.response_measured);
  EXPECT_EQ(outcome.response_bytes, 7U);
  EXPECT_EQ(outcome.body, nullptr);
  EXPECT_EQ(outcome.response_text(), "+PONG\r\n");
  outcome.release_payload();
}

TEST(Outcome, ALongResponseIsKeptOnlyWhenAsked) {
  const std::string bytes = std::string(limits::kExcerptBytes, 'a') + "tail";
  Outcome without;
  without.set_response(bytes, false);
  EXPECT_EQ(without.response_text(), bytes.substr(0, limits::kExcerptBytes));
  EXPECT_EQ(without.response_bytes, bytes.size());
  Outcome with;
  with.set_response(bytes, true);
  EXPECT_EQ(with.response_text(), bytes);
  EXPECT_EQ(with.excerpt_text(), bytes.substr(0, limits::kExcerptBytes));
  with.release_payload();
  EXPECT_EQ(with.body, nullptr);
}

TEST(Outcome, AnEmptyResponseIsMeasured) {
  Outcome outcome;
  outcome.set_response("", true);
  EXPECT_TRUE(outcome.response_measured);
  EXPECT_EQ(outcome.response_text(), "");
}

TEST(Outcome, ReleasingGivesTheChainReferenceBack) {
  ssl::ChainRef kept(new ssl::ChainReport);
  Outcome outcome;
  outcome.chain = ssl::ChainRef(kept).release();
  EXPECT_EQ(kept->references.load(), 2U);
  outcome.release_payload();
  EXPECT_EQ(kept->references.load(), 1U);
  EXPECT_EQ(outcome.chain, nullptr);
}

TEST(Outcome, VerdictsHaveNames) {
  EXPECT_EQ(verdict_name(Verdict::kUp), "up");
  EXPECT_EQ(verdict_name(Verdict::kDegraded), "degraded");
  EXPECT_EQ(verdict_name(Verdict::kDown), "down");
  EXPECT_EQ(verdict_name(Verdict::kUnknown), "unknown");
}

}  // namespace
}  // namespace tracer::engine
