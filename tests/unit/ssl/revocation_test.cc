#include "ssl/revocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ssl/crl_view.h"
#include "ssl/pem.h"
#include "ssl/trust.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using ::testing::AllOf;
using testing::chain_file_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kHost;
using testing::kNow;
using testing::revocation_lists;

using Names = std::vector<std::string>;

constexpr auto kRevoked = static_cast<ChainProblems>(ChainProblem::kRevoked);
constexpr auto kNonconforming = static_cast<ChainProblems>(ChainProblem::kNonconforming);

Judgement judge(const Names& lists, Profile profile,
                const Names& presented = {"p256", "intermediate"}, std::int64_t now_s = kNow) {
  const auto given = revocation_lists(lists);
  JudgeOptions options;
  options.profile = profile;
  options.revocation = given.get();
  return testing::judge(presented, {"root"}, kHost, now_s, options);
}

TEST(Revocation, AListedCertificateIsRevokedWithDateAndReason) {
  for (const Profile profile : {Profile::kClients, Profile::kStrict}) {
    const Judgement judgement = judge({"crl_revokes"}, profile);
    EXPECT_EQ(judgement.problems, kRevoked);
    EXPECT_EQ(judgement.detail,
              "CN=www.example.test,O=Example was revoked at 2026-06-01T00:00:00Z (keyCompromise)");
    EXPECT_FALSE(judgement.chain_valid);
    const Judgement ca = judge({"crl_good", "crl_revokes_ca"}, profile);
    EXPECT_EQ(ca.problems, kRevoked);
    EXPECT_THAT(ca.detail, AllOf(HasSubstr("CN=Test Intermediate"), HasSubstr("cACompromise")));
  }
}

TEST(Revocation, ACertificateThatIsNotListedIsGood) {
  for (const Names& lists :
       {Names{"crl_good"}, Names{"crl_uncritical"}, Names{"crl_users"}, Names{"crl_taken_back"},
        Names{"crl_elsewhere"}, Names{"crl_old", "crl_good"}, Names{"crl_good", "crl_cas"}}) {
    const Judgement judgement = judge(lists, Profile::kStrict);
    EXPECT_EQ(judgement.problems, 0) << lists[0] << ": " << judgement.detail;
    EXPECT_THAT(judgement.chain->nonconformities, IsEmpty());
  }
  EXPECT_EQ(judge({"crl_point"}, Profile::kStrict, {"good_cdp", "intermediate"}).problems, 0);
}

TEST(Revocation, AListThatCannotVouchFailsAStrictChainAndIsToldOfAnother) {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {"crl_old", "it expired at 2025-02-01T00:00:00Z"},
      {"crl_early", "it is not valid before 2026-11-01T00:00:00Z"},
      {"crl_no_number", "it has no cRLNumber"},
      {"crl_critical_number", "its cRLNumber is critical"},
      {"crl_no_aki", "it has no authorityKeyIdentifier"},
      {"crl_unknown", "its critical extension 1.2.3.4 is not understood"},
      {"crl_indirect", "it speaks for other issuers too"},
      {"crl_weak", "it is signed with ecdsa-with-SHA1"},
      {"crl_cas", "it is for CA certificates only"},
      {"crl_users_of_root", "it is not for CA certificates"},
      {"crl_attributes", "it is for attribute certificates only"},
      {"crl_reasons", "it is for some reasons of revocation only"},
      {"crl_point", "it is for another distribution point"},
      {"crl_twin", "its signature does not verify"},
  };
  for (const auto& [list, fault] : lists) {
    const Judgement clients = judge({list}, Profile::kClients);
    EXPECT_EQ(clients.problems, 0) << list << ": " << clients.detail;
    EXPECT_THAT(clients.chain->nonconformities, ElementsAre(HasSubstr(fault))) << list;
    const Judgement strict = judge({list}, Profile::kStrict);
    EXPECT_EQ(strict.problems, kNonconforming) << list;
    EXPECT_EQ(strict.detail, clients.chain->nonconformities[0]);
  }
  const Judgement no_sign =
      judge({"crl_no_sign"}, Profile::kStrict, {"below_no_crl_sign", "no_crl_sign"});
  EXPECT_THAT(no_sign.detail, HasSubstr("its issuer may not sign such lists"));
}

TEST(Revocation, AnOldListStillRevokes) {
  EXPECT_EQ(judge({"crl_old_revokes"}, Profile::kClients).problems, kRevoked);
}

TEST(Revocation, FollowsTheClockThroughTheMemo) {
  const auto given = revocation_lists({"crl_good"});
  JudgeOptions options;
  options.profile = Profile::kStrict;
  options.revocation = given.get();
  const auto leaf = testing::certificates({"p256", "intermediate"});
  ChainJudge judge(4);
  const auto at = [&](std::int64_t now_s) {
    return judge.judge(testing::spans(leaf), *testing::store({"root"}), kHost, now_s, options);
  };
  EXPECT_EQ(at(kNow).problems, 0);
  EXPECT_EQ(at(kNow + 1).problems, 0);
  EXPECT_EQ(judge.statistics().hits, 1U);
  EXPECT_TRUE(has(at(1798761601).problems, ChainProblem::kNonconforming));
  EXPECT_EQ(at(kNow).problems, 0);
}

TEST(Revocation, TheMemoTellsListsAndProfilesApart) {
  const auto good = revocation_lists({"crl_good"});
  const auto bad = revocation_lists({"crl_revokes"});
  const auto leaf = testing::certificates({"p256", "intermediate"});
  const auto odd = testing::certificates({"odd_no_aki", "intermediate"});
  const auto roots = testing::store({"root"});
  ChainJudge judge(8);
  for (int round = 0; round < 2; ++round) {
    for (const auto& [lists, problems] :
         {std::pair(good.get(), ChainProblems{0}), {bad.get(), kRevoked}, {nullptr, 0}}) {
      JudgeOptions options;
      options.revocation = lists;
      EXPECT_EQ(judge.judge(testing::spans(leaf), *roots, kHost, kNow, options).problems, problems);
    }
    for (const auto& [profile, problems] :
         {std::pair(Profile::kClients, ChainProblems{0}), {Profile::kStrict, kNonconforming}}) {
      EXPECT_EQ(judge.judge(testing::spans(odd), *roots, kHost, kNow, {profile}).problems,
                problems);
    }
  }
  EXPECT_EQ(judge.statistics().misses, 5U);
}

TEST(Revocation, FindsAPathAroundARevokedIntermediate) {
  const auto given = revocation_lists({"crl_revokes_cross"});
  JudgeOptions options;
  options.revocation = given.get();
  const Names presented = {"crossed", "cross_by_root", "cross_by_long"};
  EXPECT_EQ(testing::judge(presented, {"root"}, kHost, kNow, options).problems, kRevoked);
  EXPECT_EQ(testing::judge(presented, {"root", "long_root"}, kHost, kNow, options).problems, 0);
}

TEST(RevocationLists, ReadsPemAndDerAndTellsWhatIsWrong) {
  const std::string pem = chain_file_text("crl_good.crl") + chain_file_text("crl_old.crl");
  EXPECT_EQ(RevocationLists::from_text(pem, "x").value()->size(), 2U);
  const auto der = read_pem_crls(pem)->front().der;
  EXPECT_EQ(RevocationLists::from_text({reinterpret_cast<const char*>(der.data()), der.size()}, "x")
                .value()
                ->size(),
            1U);
  EXPECT_EQ(RevocationLists::from_text("", "x.crl").error(), "x.crl: holds no revocation list");
  EXPECT_EQ(RevocationLists::from_text(chain_file_text("root.pem"), "x.crl").error(),
            "x.crl: holds no revocation list");
  EXPECT_THAT(
      RevocationLists::from_text("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----", "x.crl")
          .error(),
      HasSubstr("x.crl:1: not a revocation list: tbsCertList"));
  EXPECT_EQ(RevocationLists::load_files({"/nonexistent/x.crl"}).error(),
            "/nonexistent/x.crl: cannot be opened");
  EXPECT_EQ(RevocationLists::load_files({}).value()->size(), 0U);
}

}  // namespace
}  // namespace tracer::ssl
