#include "ssl/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using ::testing::AllOf;
using testing::certificate;
using testing::certificates;
using testing::Der;
using ::testing::HasSubstr;
using testing::judge;
using testing::kHost;
using testing::kNow;
using testing::spans;
using testing::store;

using Names = std::vector<std::string>;

constexpr ChainProblems bit(ChainProblem problem) { return static_cast<ChainProblems>(problem); }

struct Case {
  std::string title;
  Names presented;
  Names roots;
  ChainProblems problems;
  std::string detail;  // a part of it
  std::string name = std::string(kHost);
};

void PrintTo(const Case& value, std::ostream* out) { *out << value.title; }

class Chains : public ::testing::TestWithParam<Case> {};

TEST_P(Chains, AreJudged) {
  const Case& c = GetParam();
  const Judgement judgement = judge(c.presented, c.roots, c.name);
  EXPECT_EQ(judgement.problems, c.problems) << judgement.detail;
  EXPECT_THAT(judgement.detail, HasSubstr(c.detail));
  EXPECT_EQ(judgement.detail.empty(), c.problems == 0);
  constexpr ChainProblems kName = bit(ChainProblem::kNameMismatch);
  EXPECT_EQ(judgement.chain_valid, (c.problems & ~kName) == 0);
  EXPECT_EQ(judgement.name_matches, (c.problems & kName) == 0);
  EXPECT_EQ(judgement.verified_expiry_s != 0, judgement.chain_valid);
  ASSERT_TRUE(judgement.chain);
  EXPECT_EQ(judgement.chain->certificates.size(), c.presented.size());
}

const Names kRoot = {"root"};
constexpr ChainProblems kGood = 0;
constexpr ChainProblems kConstraint = bit(ChainProblem::kConstraint);
constexpr ChainProblems kWeak = bit(ChainProblem::kWeak);
constexpr ChainProblems kUntrusted = bit(ChainProblem::kUntrustedIssuer);
constexpr ChainProblems kIncomplete = bit(ChainProblem::kIncomplete);
constexpr ChainProblems kMismatch = bit(ChainProblem::kNameMismatch);

std::string title(const ::testing::TestParamInfo<Case>& info) { return info.param.title; }

INSTANTIATE_TEST_SUITE_P(
    Keys, Chains,
    ::testing::Values(Case{"rsa", {"rsa2048", "intermediate"}, kRoot, kGood, ""},
                      Case{"p256", {"p256", "intermediate"}, kRoot, kGood, ""},
                      Case{"p384", {"p384", "intermediate"}, kRoot, kGood, ""},
                      Case{"p521", {"p521", "intermediate"}, kRoot, kGood, ""},
                      Case{"ed25519", {"ed25519", "intermediate"}, kRoot, kGood, ""},
                      Case{"ed448", {"ed448", "intermediate"}, kRoot, kGood, ""},
                      Case{"pss", {"pss_key", "intermediate"}, kRoot, kGood, ""},
                      Case{"rsa1024",
                           {"rsa1024", "intermediate"},
                           kRoot,
                           kWeak,
                           "RSA key of 1024 bits in CN=www.example.test"}),
    title);

INSTANTIATE_TEST_SUITE_P(
    Signatures, Chains,
    ::testing::Values(
        Case{"rsa_sha256", {"by_rsa_sha256"}, {"root_rsa"}, kGood, ""},
        Case{"rsa_sha384", {"by_rsa_sha384"}, {"root_rsa"}, kGood, ""},
        Case{"rsa_sha512", {"by_rsa_sha512"}, {"root_rsa"}, kGood, ""},
        Case{"rsa_sha1", {"by_rsa_sha1"}, {"root_rsa"}, kWeak, "signed with sha1WithRSAEncryption"},
        Case{"pss_sha256", {"by_rsa_pss_sha256"}, {"root_rsa"}, kGood, ""},
        Case{"pss_sha384", {"by_rsa_pss_sha384"}, {"root_rsa"}, kGood, ""},
        Case{"pss_sha512", {"by_rsa_pss_sha512"}, {"root_rsa"}, kGood, ""},
        Case{"pss_sha1", {"by_rsa_pss_sha1"}, {"root_rsa"}, kWeak, "signed with rsassaPss"},
        Case{"ecdsa_p384", {"by_P-384"}, {"root_P-384"}, kGood, ""},
        Case{"ecdsa_p521", {"by_P-521"}, {"root_P-521"}, kGood, ""},
        Case{"ecdsa_sha1", {"by_p256_sha1"}, kRoot, kWeak, "signed with ecdsa-with-SHA1"},
        Case{"by_ed25519", {"by_ed25519"}, {"root_ed25519"}, kGood, ""},
        Case{"by_ed448", {"by_ed448"}, {"root_ed448"}, kGood, ""},
        Case{"brainpool",
             {"by_brainpool"},
             {"root_brainpool"},
             bit(ChainProblem::kUnsupported),
             "cannot be checked by this prober"}),
    title);

INSTANTIATE_TEST_SUITE_P(
    Trust, Chains,
    ::testing::Values(
        Case{"root_presented_too", {"p256", "intermediate", "root"}, kRoot, kGood, ""},
        Case{"any_order", {"p256", "root", "other_root", "intermediate"}, kRoot, kGood, ""},
        Case{"leaf_is_trusted", {"self_signed"}, {"self_signed"}, kGood, "", "self.example.test"},
        Case{"intermediate_is_trusted", {"p256"}, {"intermediate"}, kGood, ""},
        Case{"version_1_root", {"below_v1"}, {"root_v1"}, kGood, ""},
        Case{"self_signed",
             {"self_signed"},
             kRoot,
             bit(ChainProblem::kSelfSigned),
             "CN=self.example.test is signed by itself and is not trusted",
             "self.example.test"},
        Case{"intermediate_missing",
             {"p256"},
             kRoot,
             kIncomplete,
             "issuer CN=Test Intermediate,O=Tests was not presented and is no trusted root"},
        Case{"unrelated_presented", {"p256", "other_intermediate"}, kRoot, kIncomplete, ""},
        Case{"private_ca_not_presented", {"other_direct"}, kRoot, kIncomplete, "private CA"},
        Case{"private_ca_presented",
             {"other_direct", "other_root"},
             kRoot,
             kUntrusted,
             "root CN=Other Root is not trusted"},
        Case{"private_intermediate",
             {"other_leaf", "other_intermediate"},
             kRoot,
             kUntrusted,
             "issuer CN=Other Root of CN=Other Intermediate was not presented and is not trusted"},
        Case{"root_with_another_key",
             {"p256", "intermediate"},
             {"root_twin"},
             kUntrusted,
             "the signature of CN=Test Intermediate,O=Tests does not verify with the key of "
             "CN=Test Root,O=Tests"},
        Case{"two_roots_of_one_name", {"p256", "intermediate"}, {"root_twin", "root"}, kGood, ""},
        Case{"one_root_twice", {"p256", "intermediate"}, {"root", "root"}, kGood, ""}),
    title);

INSTANTIATE_TEST_SUITE_P(
    Constraints, Chains,
    ::testing::Values(
        Case{"clients_only", {"clients_only", "intermediate"}, kRoot, kConstraint, "extKeyUsage"},
        Case{"several_purposes", {"any_purpose", "intermediate"}, kRoot, kGood, ""},
        Case{"key_usage", {"crl_only", "intermediate"}, kRoot, kConstraint, "(keyUsage)"},
        Case{"critical_unknown",
             {"critical_unknown", "intermediate"},
             kRoot,
             kConstraint,
             "critical extension 1.2.3.4"},
        Case{"uncritical_unknown", {"uncritical_unknown", "intermediate"}, kRoot, kGood, ""},
        Case{"issuer_is_no_ca",
             {"below_leaf", "p256", "intermediate"},
             kRoot,
             kConstraint,
             "CN=www.example.test,O=Example is not a CA certificate"},
        Case{"path_length",
             {"below_pathlen", "below_pathlen_ca", "intermediate"},
             kRoot,
             kConstraint,
             "the chain is longer than CN=Test Intermediate,O=Tests allows"},
        Case{"issuer_cannot_sign",
             {"below_cannot_sign", "cannot_sign"},
             kRoot,
             kConstraint,
             "CN=Cannot Sign may not sign certificates (keyUsage)"},
        Case{"issuer_for_clients",
             {"below_clients_ca", "clients_ca"},
             kRoot,
             kConstraint,
             "CN=Clients CA may not certify TLS servers"}),
    title);

INSTANTIATE_TEST_SUITE_P(
    NameConstraints, Chains,
    ::testing::Values(
        Case{"inside", {"names_ok", "names_ca"}, kRoot, kGood, ""},
        Case{"other_form", {"names_uri", "names_ca"}, kRoot, kGood, ""},
        Case{"outside",
             {"names_outside", "names_ca"},
             kRoot,
             kConstraint,
             "CN=Names CA,O=Tests may not certify the name DNS:notexample.test"},
        Case{"address_outside",
             {"names_ip_outside", "names_ca"},
             kRoot,
             kConstraint,
             "may not certify the name IP:11.1.2.3"},
        Case{"excluded",
             {"names_excluded", "names_ca"},
             kRoot,
             kConstraint,
             "may not certify the name DNS:x.BAD.example.test"},
        Case{"wildcard_meets_excluded", {"names_wildcard", "names_ca"}, kRoot, kConstraint, "*."},
        Case{"directory_inside", {"directory_ok", "directory_ca"}, kRoot, kGood, ""},
        Case{"directory_outside",
             {"directory_outside", "directory_ca"},
             kRoot,
             kConstraint,
             "may not certify the name DirName:CN=www.example.test,O=Another"}),
    title);

INSTANTIATE_TEST_SUITE_P(
    HostNames, Chains,
    ::testing::Values(
        Case{"wildcard", {"wildcard", "intermediate"}, kRoot, kGood, ""},
        Case{"address", {"addresses", "intermediate"}, kRoot, kGood, "", "2001:DB8:0::A"},
        Case{"other_address",
             {"addresses", "intermediate"},
             kRoot,
             kMismatch,
             "the certificate is for IP:127.0.0.1, IP:::1, IP:2001:db8::a and 1 more, not for "
             "127.0.0.2",
             "127.0.0.2"},
        Case{"common_name_does_not_count",
             {"no_san", "intermediate"},
             kRoot,
             kMismatch,
             "no subject alternative name"},
        Case{"embedded_nul", {"embedded_nul", "intermediate"}, kRoot, kMismatch, "\\x00"},
        Case{"self_signed_and_another_name",
             {"self_signed"},
             kRoot,
             static_cast<ChainProblems>(bit(ChainProblem::kSelfSigned) | kMismatch),
             "signed by itself"}),
    title);

TEST(Trust, JudgesTime) {
  constexpr std::int64_t kBegin = 1767225600;  // 2026-01-01T00:00:00Z
  constexpr std::int64_t kEnd = 1798761600;    // 2027-01-01T00:00:00Z
  const auto at = [](std::int64_t now_s) {
    return judge({"p256", "intermediate"}, kRoot, kHost, now_s);
  };
  EXPECT_EQ(at(kBegin).problems, 0);
  EXPECT_EQ(at(kEnd).problems, 0);
  EXPECT_EQ(at(kEnd).verified_expiry_s, kEnd);
  EXPECT_EQ(at(kBegin - 1).problems, bit(ChainProblem::kNotYetValid));
  EXPECT_THAT(at(kBegin - 1).detail, HasSubstr("is not valid before 2026-01-01T00:00:00Z"));
  EXPECT_EQ(at(kEnd + 1).problems, bit(ChainProblem::kExpired));
  EXPECT_THAT(at(kEnd + 1).detail, HasSubstr("expired at 2027-01-01T00:00:00Z"));
  EXPECT_FALSE(at(kEnd + 1).chain_valid);
  EXPECT_EQ(at(kEnd + 1).verified_expiry_s, 0);
  EXPECT_EQ(at(kEnd + 1).chain->certificates.size(), 2U);
}

TEST(Trust, NamesTheCertificateThatExpired) {
  const Judgement judgement = judge({"p256", "intermediate_old"}, kRoot);
  EXPECT_EQ(judgement.problems, bit(ChainProblem::kExpired));
  EXPECT_EQ(judgement.detail, "CN=Test Intermediate,O=Tests expired at 2026-02-01T00:00:00Z");
  EXPECT_EQ(judgement.chain->earliest_expiry_s, 1769904000);
}

TEST(Trust, AnExpiredIntermediateBesideItsRenewalDoesNoHarm) {
  for (const Names& presented : {Names{"p256", "intermediate_old", "intermediate"},
                                 Names{"p256", "intermediate", "intermediate_old"}}) {
    const Judgement judgement = judge(presented, kRoot);
    EXPECT_EQ(judgement.problems, 0) << judgement.detail;
    EXPECT_EQ(judgement.verified_expiry_s, 1798761600);
  }
}

TEST(Trust, TellsExpiryOfASelfSignedLeafToo) {
  const Judgement judgement = judge({"self_signed"}, kRoot, "self.example.test", 1798761601);
  EXPECT_TRUE(has(judgement.problems, ChainProblem::kSelfSigned));
  EXPECT_TRUE(has(judgement.problems, ChainProblem::kExpired));
  EXPECT_TRUE(judgement.self_signed);
}

TEST(Trust, TakesTheLongestLivedOfSeveralPaths) {
  constexpr std::int64_t kIn2027 = 1811808000;
  const Names presented = {"crossed", "cross_by_root", "cross_by_long"};
  const Names both = {"root", "long_root"};
  EXPECT_EQ(judge(presented, both).problems, 0);
  EXPECT_EQ(judge(presented, both).verified_expiry_s, 1830297600);  // 2028-01-01
  EXPECT_EQ(judge(presented, {"root"}).verified_expiry_s, 1798761600);
  EXPECT_EQ(judge(presented, {"long_root"}).verified_expiry_s, 1830297600);
  EXPECT_EQ(judge(presented, both, kHost, kIn2027).problems, 0);
  EXPECT_EQ(judge(presented, {"root"}, kHost, kIn2027).problems, bit(ChainProblem::kExpired));
}

TEST(Trust, NoChangedByteOfALeafPasses) {
  const auto roots = store({"root_ed25519"});
  Der leaf = certificate("by_ed25519");
  ChainJudge judge(1);
  ASSERT_EQ(judge.judge({Bytes(leaf)}, *roots, kHost, kNow).problems, 0);
  for (std::size_t at = 0; at < leaf.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U}) {
      const std::uint8_t kept = leaf[at];
      leaf[at] = static_cast<std::uint8_t>(kept ^ change);
      const Judgement judgement = judge.judge({Bytes(leaf)}, *roots, kHost, kNow);
      EXPECT_FALSE(judgement.chain_valid) << "byte " << at;
      EXPECT_NE(judgement.problems, 0) << "byte " << at;
      EXPECT_FALSE(judgement.detail.empty());
      leaf[at] = kept;
    }
  }
}

TEST(Trust, SaysThatAChangedSignatureDoesNotVerify) {
  Names names = {"p256", "intermediate"};
  std::vector<Der> chain = certificates(names);
  chain[0].back() ^= 1U;
  ChainJudge judge(1);
  const Judgement judgement = judge.judge(spans(chain), *store(kRoot), kHost, kNow);
  EXPECT_EQ(judgement.problems, kUntrusted);
  EXPECT_THAT(judgement.detail, HasSubstr("does not verify"));
  EXPECT_EQ(judgement.chain->certificates.size(), 2U);
}

TEST(Trust, LeavesOutWhatCannotBeParsedWhereAPathDoesWithoutIt) {
  std::vector<Der> chain = certificates({"p256", "intermediate", "root"});
  chain[2].resize(10);
  ChainJudge judge(4);
  const Judgement good = judge.judge(spans(chain), *store(kRoot), kHost, kNow);
  EXPECT_EQ(good.problems, 0);
  ASSERT_EQ(good.chain->certificates.size(), 3U);
  EXPECT_EQ(good.chain->certificates[2].subject, "");
  EXPECT_EQ(good.chain->der[2].size(), 10U);
  EXPECT_EQ(good.chain->earliest_expiry_s, 1798761600);

  chain = certificates({"p256", "intermediate"});
  chain[1].resize(10);
  const Judgement bad = judge.judge(spans(chain), *store(kRoot), kHost, kNow);
  EXPECT_TRUE(has(bad.problems, ChainProblem::kMalformed));
  EXPECT_THAT(bad.detail, HasSubstr("certificate 2 of the presented chain"));
}

TEST(Trust, RefusesALeafThatIsNoCertificate) {
  const Der garbage = {0x30, 0x03, 0x02, 0x01, 0x05};
  ChainJudge judge(4);
  for (int round = 0; round < 2; ++round) {
    const Judgement judgement = judge.judge({Bytes(garbage)}, *store(kRoot), kHost, kNow);
    EXPECT_EQ(judgement.problems, bit(ChainProblem::kMalformed));
    EXPECT_THAT(judgement.detail, AllOf(HasSubstr("tbsCertificate"), HasSubstr("at byte 2")));
    EXPECT_FALSE(judgement.chain);
  }
  const Judgement none = judge.judge({}, *store(kRoot), kHost, kNow);
  EXPECT_EQ(none.problems, bit(ChainProblem::kMalformed));
  EXPECT_FALSE(none.chain);
}

TEST(TrustStore, ReadsFilesAndTellsWhatIsWrongWithThem) {
  const std::string root = testing::chain_file_text("root.pem");
  EXPECT_EQ(TrustStore::from_pem("\n" + root, "x.pem").value()->size(), 1U);
  EXPECT_EQ(TrustStore::from_pem("", "x.pem").error(), "x.pem: holds no certificate");
  EXPECT_EQ(
      TrustStore::from_pem(root + "-----BEGIN CERTIFICATE-----\n*", "x.pem").error(),
      "x.pem:" + std::to_string(std::count(root.begin(), root.end(), '\n') + 2) + ": not base64");
  EXPECT_EQ(
      TrustStore::from_pem("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "x.pem")
          .error(),
      "x.pem:1: not a certificate: tbsCertificate: missing");
  EXPECT_EQ(TrustStore::load_file("/nonexistent/roots.pem").error(),
            "/nonexistent/roots.pem: cannot be opened");
}

TEST(TrustStore, HasAVersionThatFollowsItsContent) {
  EXPECT_EQ(store({"root"})->version(), store({"root"})->version());
  EXPECT_NE(store({"root"})->version(), store({"other_root"})->version());
  EXPECT_NE(store({"root"})->version(), store({"root", "other_root"})->version());
}

}  // namespace
}  // namespace tracer::ssl
