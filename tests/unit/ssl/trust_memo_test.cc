// What ChainJudge remembers, and what it must not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ssl/trust.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using testing::certificates;
using testing::Der;
using testing::kHost;
using testing::kNow;
using testing::spans;
using testing::store;

constexpr std::int64_t kAfter = 1798761601;  // one second after the year 2026

class Memo : public ::testing::Test {
 protected:
  Judgement look(const std::vector<std::string>& presented, std::string_view name = kHost,
                 std::int64_t now_s = kNow) {
    const std::vector<Der> chain = certificates(presented);
    return judge_.judge(spans(chain), *roots_, name, now_s);
  }
  std::uint64_t hits() const { return judge_.statistics().hits; }
  std::uint64_t misses() const { return judge_.statistics().misses; }

  ChainJudge judge_{2};
  std::shared_ptr<const TrustStore> roots_ = store({"root"});
};

TEST_F(Memo, SharesTheFactsOfAChainSeenBefore) {
  const Judgement first = look({"p256", "intermediate"});
  const Judgement second = look({"p256", "intermediate"});
  EXPECT_EQ(misses(), 1U);
  EXPECT_EQ(hits(), 1U);
  EXPECT_EQ(first.chain.get(), second.chain.get());
  EXPECT_EQ(second.problems, 0);
}

TEST_F(Memo, JudgesTimeAndNameAfreshOnAHit) {
  EXPECT_EQ(look({"p256", "intermediate"}).problems, 0);
  EXPECT_TRUE(has(look({"p256", "intermediate"}, kHost, kAfter).problems, ChainProblem::kExpired));
  EXPECT_TRUE(has(look({"p256", "intermediate"}, kHost, 0).problems, ChainProblem::kNotYetValid));
  const Judgement other = look({"p256", "intermediate"}, "other.test");
  EXPECT_EQ(other.problems, static_cast<ChainProblems>(ChainProblem::kNameMismatch));
  EXPECT_TRUE(other.chain_valid);
  EXPECT_EQ(look({"p256", "intermediate"}).problems, 0);
  EXPECT_EQ(misses(), 1U);
  EXPECT_EQ(hits(), 4U);
}

TEST_F(Memo, NeverLendsTheIntermediatesOfAnotherTarget) {
  EXPECT_EQ(look({"p256", "intermediate"}).problems, 0);
  EXPECT_EQ(look({"p384"}).problems, static_cast<ChainProblems>(ChainProblem::kIncomplete));
  EXPECT_EQ(look({"p256"}).problems, static_cast<ChainProblems>(ChainProblem::kIncomplete));
  EXPECT_EQ(hits(), 0U);
}

TEST_F(Memo, KeepsVerdictsOfAnotherStoreApart) {
  EXPECT_EQ(look({"p256", "intermediate"}).problems, 0);
  roots_ = store({"other_root"});
  EXPECT_TRUE(has(look({"p256", "intermediate"}).problems, ChainProblem::kUntrustedIssuer));
  roots_ = store({"root"});  // the same content, loaded anew
  EXPECT_EQ(look({"p256", "intermediate"}).problems, 0);
  EXPECT_EQ(misses(), 2U);
  EXPECT_EQ(hits(), 1U);
}

TEST_F(Memo, TellsBordersBetweenCertificatesApart) {
  const std::vector<Der> chain = certificates({"p256", "intermediate"});
  Der joined = chain[0];
  joined.insert(joined.end(), chain[1].begin(), chain[1].end());
  EXPECT_EQ(judge_.judge(spans(chain), *roots_, kHost, kNow).problems, 0);
  EXPECT_TRUE(
      has(judge_.judge({Bytes(joined)}, *roots_, kHost, kNow).problems, ChainProblem::kMalformed));
}

TEST_F(Memo, ForgetsTheLeastRecentlyUsed) {
  look({"p256", "intermediate"});
  look({"p384", "intermediate"});
  look({"p256", "intermediate"});  // now the most recent
  EXPECT_EQ(hits(), 1U);
  const Judgement kept = look({"p384", "intermediate"});
  look({"p521", "intermediate"});  // p256 goes
  EXPECT_EQ(misses(), 3U);
  look({"p384", "intermediate"});
  EXPECT_EQ(hits(), 3U);
  look({"p256", "intermediate"});
  EXPECT_EQ(misses(), 4U);
  EXPECT_EQ(kept.chain->certificates.front().key_bits, 384U);
}

TEST_F(Memo, ReportsOutliveTheJudge) {
  ChainRef chain;
  {
    ChainJudge judge(1);
    const std::vector<Der> presented = certificates({"p256", "intermediate"});
    chain = judge.judge(spans(presented), *roots_, kHost, kNow).chain;
  }
  EXPECT_EQ(chain->certificates.front().subject, "CN=www.example.test,O=Example");
}

}  // namespace
}  // namespace tracer::ssl
