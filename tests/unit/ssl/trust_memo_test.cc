// What ChainJudge remembers, and what it must not.
#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "ssl/trust.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using testing::certificates;
using testing::chain_file_text;
using testing::Der;
using testing::kHost;
using testing::kNow;
using testing::spans;
using testing::store;

constexpr std::int64_t kAfter = 1798761601;  // one second after the year 2026

class Memo : public ::testing::Test {
 protected:
  Judgement look(const std::vector<std::string>& presented, std::string_view name = kHost,
                 std::int64_t now_s = kNow, const JudgeOptions& options = {}) {
    const std::vector<Der> chain = certificates(presented);
    return judge_.judge(spans(chain), *roots_, name, now_s, options);
  }
  // With an OCSP response; openssl dates responses by the clock, so that they are judged by it.
  Judgement look_stapled(const std::string& response, std::int64_t now_s = std::time(nullptr)) {
    const std::string text = chain_file_text(response + ".ocsp");
    JudgeOptions options;
    options.ocsp_response = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    return look({"p256", "intermediate"}, kHost, now_s, options);
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

TEST_F(Memo, AChainIsJudgedByTheStapleThatCameWithItThisTime) {
  EXPECT_EQ(look_stapled("staple_good").ocsp.status, OcspStatus::kGood);
  const Judgement revoked = look_stapled("staple_revoked");
  EXPECT_EQ(revoked.ocsp.status, OcspStatus::kRevoked);
  EXPECT_TRUE(has(revoked.problems, ChainProblem::kRevoked));
  EXPECT_FALSE(revoked.chain_valid);
  EXPECT_EQ(revoked.verified_expiry_s, 0);
  EXPECT_EQ(revoked.detail, revoked.ocsp.sentence);
  const Judgement again = look_stapled("staple_good");
  EXPECT_EQ(again.ocsp.status, OcspStatus::kGood);
  EXPECT_FALSE(has(again.problems, ChainProblem::kRevoked));
  EXPECT_EQ(look({"p256", "intermediate"}).ocsp.status, OcspStatus::kNone);
  EXPECT_EQ(misses(), 1U);
}

TEST_F(Memo, AStapleIsForgottenWhenItsAnswerNoLongerHolds) {
  const std::int64_t now_s = std::time(nullptr);
  constexpr std::int64_t kTwoDays_s = 2 * 86400;
  EXPECT_EQ(look_stapled("staple_short", now_s).ocsp.status, OcspStatus::kGood);
  EXPECT_EQ(look_stapled("staple_short", now_s + kTwoDays_s).ocsp.status, OcspStatus::kExpired);
  EXPECT_EQ(look_stapled("staple_short", now_s - kTwoDays_s).ocsp.status, OcspStatus::kInvalid);
  EXPECT_EQ(look_stapled("staple_short", now_s).ocsp.status, OcspStatus::kGood);
}

TEST_F(Memo, AStapleThatVouchesForNothingFailsNothing) {
  for (const char* name : {"staple_unknown", "staple_other", "staple_no_purpose"}) {
    const Judgement judgement = look_stapled(name);
    EXPECT_NE(judgement.ocsp.status, OcspStatus::kGood) << name;
    EXPECT_FALSE(has(judgement.problems, ChainProblem::kRevoked)) << name;
  }
}

}  // namespace
}  // namespace tracer::ssl
