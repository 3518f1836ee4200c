#include "ssl/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using testing::certificate;
using testing::Der;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::judge;
using testing::kHost;
using testing::kNow;

using Names = std::vector<std::string>;

// -- each rule alone: a path that keeps all, one thing changed in it ------------------------------

constexpr std::array<std::uint8_t, 1> kZeroSerial = {0};
constexpr std::array<std::uint8_t, 21> kLongSerial = {1};
constexpr std::array<std::uint8_t, 4> kOtherId = {1, 2, 3, 4};

struct Break {
  std::string sentence;  // of the rule; unique in the table
  std::size_t at;        // 0 leaf, 1 intermediate, 2 root
  std::function<void(CertificateView&)> change;
};

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void add_name(CertificateView& c, std::string_view name) {
  c.extensions.sans.push_back({GeneralNameType::kDns, bytes_of(name), {}});
}

void drop(CertificateView& c, KnownExtension extension) {
  c.extensions.present &= ~static_cast<std::uint32_t>(extension);
}
void mark(CertificateView& c, KnownExtension extension) {
  c.extensions.present |= extension;
  c.extensions.critical |= extension;
}
void unmark(CertificateView& c, KnownExtension extension) {
  c.extensions.present |= extension;
  c.extensions.critical &= ~static_cast<std::uint32_t>(extension);
}

std::vector<Break> breaks() {
  return {
      {"is not of version 3", 0, [](auto& c) { c.version = 1; }},
      {"has a serial number that is not positive or above 20 bytes", 0,
       [](auto& c) { c.serial = kZeroSerial; }},
      {"has a serial number that is not positive or above 20 bytes", 1,
       [](auto& c) { c.serial = kLongSerial; }},
      {"has an empty issuer", 1, [](auto& c) { c.issuer.clear(); }},
      {"has a GeneralizedTime for a date before 2050", 0, [](auto& c) { c.odd_time_form = true; }},
      {"is a CA with an empty subject", 1, [](auto& c) { c.subject.clear(); }},
      {"has a unique identifier", 2, [](auto& c) { c.has_unique_id = true; }},
      {"has a key of a kind or size that is not allowed", 0,
       [](auto& c) { c.key.curve = "secp256k1"; }},
      {"has a key of a kind or size that is not allowed", 1,
       [](auto& c) {
         c.key.type = KeyType::kRsa;
         c.key.size_bits = 2052;
       }},
      {"has an extension that cannot be read", 0, [](auto& c) { c.extensions.flaw = "x"; }},
      {"has no authorityKeyIdentifier", 0,
       [](auto& c) {
         drop(c, kAuthorityKeyId);
         c.extensions.authority_key_id = {};
       }},
      {"names its issuer's certificate in its authorityKeyIdentifier", 1,
       [](auto& c) { c.extensions.authority_by_serial = true; }},
      {"has an authorityKeyIdentifier that is not its issuer's", 0,
       [](auto& c) { c.extensions.authority_key_id = kOtherId; }},
      {"has a critical authorityKeyIdentifier", 0, [](auto& c) { mark(c, kAuthorityKeyId); }},
      {"is a CA without a subjectKeyIdentifier", 2, [](auto& c) { drop(c, kSubjectKeyId); }},
      {"has a critical subjectKeyIdentifier", 1, [](auto& c) { mark(c, kSubjectKeyId); }},
      {"is a CA without a keyUsage", 1, [](auto& c) { drop(c, kKeyUsageExtension); }},
      {"has a keyUsage without any usage", 0, [](auto& c) { c.extensions.key_usage = 0; }},
      {"may sign certificates or CRLs but is no CA", 0,
       [](auto& c) { c.extensions.key_usage = kDigitalSignature | kKeyCertSign; }},
      {"has a keyUsage that does not fit its key", 0,
       [](auto& c) { c.extensions.key_usage = kDigitalSignature | kKeyEncipherment; }},
      {"has no subjectAltName", 0,
       [](auto& c) {
         drop(c, kSubjectAltName);
         c.extensions.sans.clear();
       }},
      {"has an empty subject and a subjectAltName that is not critical", 0,
       [](auto& c) { c.subject.clear(); }},
      {"has a subject and a subjectAltName that is critical", 0,
       [](auto& c) { mark(c, kSubjectAltName); }},
      {"has a dNSName that is no host name", 0, [](auto& c) { add_name(c, "a_b.example.test"); }},
      {"has a dNSName that is no host name", 0, [](auto& c) { add_name(c, "192.0.2.1"); }},
      {"has a common name that is not among its alternative names", 0,
       [](auto& c) {
         c.extensions.sans.clear();
         add_name(c, "WWW.example.test");
       }},
      {"is a CA whose basicConstraints are not critical", 2,
       [](auto& c) { unmark(c, kBasicConstraints); }},
      {"is a CA", 0, [](auto& c) { c.extensions.is_ca = true; }},
      {"has a name constraint that is no host name", 1,
       [](auto& c) {
         c.extensions.permitted.push_back({GeneralNameType::kDns, bytes_of(".example.test"), {}});
       }},
      {"has policyConstraints that are not critical", 1,
       [](auto& c) { unmark(c, kPolicyConstraints); }},
      {"has no extKeyUsage", 0, [](auto& c) { drop(c, kExtendedKeyUsage); }},
      {"has a critical extKeyUsage", 0, [](auto& c) { mark(c, kExtendedKeyUsage); }},
      {"is for any purpose (anyExtendedKeyUsage)", 0,
       [](auto& c) { c.extensions.any_usage = true; }},
      {"is a root with an extKeyUsage", 2, [](auto& c) { unmark(c, kExtendedKeyUsage); }},
      {"has a CRL distribution point that is no URI", 0,
       [](auto& c) { c.extensions.crl_points.other = true; }},
      {"has an inhibitAnyPolicy that is not critical", 1,
       [](auto& c) { unmark(c, kInhibitAnyPolicy); }},
      {"has a critical authorityInfoAccess", 0, [](auto& c) { mark(c, kAuthorityInfoAccess); }},
  };
}

class Rules : public ::testing::Test {
 protected:
  std::vector<std::string> remarks(const std::vector<CertificateView>& views) const {
    std::vector<const CertificateView*> path;
    for (const CertificateView& view : views) path.push_back(&view);
    return nonconformities(path, true, [](const CertificateView& c) { return c.self_issued(); });
  }

  std::vector<Der> der_ = testing::certificates({"conforming", "intermediate", "root"});
  std::vector<CertificateView> path_ = {*parse_certificate(der_[0]), *parse_certificate(der_[1]),
                                        *parse_certificate(der_[2])};
};

TEST_F(Rules, AreKeptByTheUsualChain) { EXPECT_THAT(remarks(path_), IsEmpty()); }

TEST_F(Rules, AreBrokenOneByOne) {
  for (const Break& one : breaks()) {
    std::vector<CertificateView> path = path_;
    one.change(path[one.at]);
    EXPECT_THAT(remarks(path), ElementsAre(HasSubstr(" " + one.sentence + " (")))
        << one.sentence << " at " << one.at;
  }
}

TEST_F(Rules, AnEmptyAuthorityKeyIdentifierBreaksTwo) {
  path_[0].extensions.authority_key_id = {};
  EXPECT_THAT(remarks(path_), ElementsAre(HasSubstr("has no authorityKeyIdentifier"),
                                          HasSubstr("without a keyIdentifier")));
}

TEST_F(Rules, AreAllInTheTestAndInTheDocument) {
  std::set<std::string> tested = {"has an authorityKeyIdentifier without a keyIdentifier"};
  for (const Break& one : breaks()) tested.insert(one.sentence);
  std::ifstream file(std::string(TRACER_SOURCE_DIR) + "/docs/judgement.md");
  const std::string document((std::istreambuf_iterator<char>(file)), {});
  std::set<std::string> rules;
  for (const ConformanceRule& rule : conformance_rules()) {
    EXPECT_TRUE(rules.emplace(rule.sentence).second) << rule.sentence << " is there twice";
    std::string places;
    for (const auto& [place, letter] :
         {std::pair(Place::kLeaf, 'L'), {Place::kIntermediate, 'I'}, {Place::kRoot, 'R'}}) {
      if ((rule.places & static_cast<std::uint8_t>(place)) == 0) continue;
      if (!places.empty()) places += ' ';
      places += letter;
    }
    EXPECT_THAT(document, HasSubstr("| " + std::string(rule.section) + " | " + places + " | " +
                                    std::string(rule.sentence) + " |\n"));
  }
  EXPECT_EQ(rules, tested);
}

TEST_F(Rules, ARootMayDoWithoutAnAuthorityKeyIdentifierOnlyWhenItSignsItself) {
  path_[2].extensions.authority_key_id = {};
  EXPECT_THAT(remarks(path_), IsEmpty());
  path_[2].issuer_key = "another";
  EXPECT_THAT(remarks(path_), ElementsAre(HasSubstr("has no authorityKeyIdentifier")));
}

TEST_F(Rules, ACommonNameMayBeAnAddressInItsOneForm) {
  constexpr std::array<std::uint8_t, 16> kAddress = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
                                                     0,    0,    0,    0,    0, 0, 0, 10};
  const auto with_common_name = [this](std::string_view text) {
    std::vector<CertificateView> path = path_;
    CertificateView& leaf = path[0];
    leaf.extensions.sans = {{GeneralNameType::kIp, kAddress, {}}};
    for (RelativeName& part : leaf.subject) {
      for (NameAttribute& attribute : part) {
        if (attribute.type == "2.5.4.3") attribute.value.content = bytes_of(text);
      }
    }
    return remarks(path).size();
  };
  EXPECT_EQ(with_common_name("2001:db8::a"), 0U);
  EXPECT_EQ(with_common_name("2001:DB8::A"), 1U);
  EXPECT_EQ(with_common_name("2001:db8:0::a"), 1U);
}

TEST_F(Rules, ACertificateThatNamesNoHostMayHaveAnyCommonName) {
  path_[0].extensions.sans = {{GeneralNameType::kEmail, bytes_of("a@example.test"), {}}};
  EXPECT_THAT(remarks(path_), IsEmpty());
}

// -- real chains, through the judge
// ----------------------------------------------------------------

struct Chain {
  Names presented;
  std::string sentence;
  std::string root = "root";
};

TEST(Conformance, FailsAStrictChainAndIsToldOfAnother) {
  const std::vector<Chain> chains = {
      {{"odd_no_aki", "intermediate"}, "has no authorityKeyIdentifier"},
      {{"odd_aki_serial", "intermediate"}, "names its issuer's certificate"},
      {{"odd_aki_other", "intermediate"}, "that is not its issuer's"},
      {{"odd_aki_critical", "intermediate"}, "has a critical authorityKeyIdentifier"},
      {{"odd_ski_critical", "intermediate"}, "has a critical subjectKeyIdentifier"},
      {{"odd_crl_sign", "intermediate"}, "may sign certificates or CRLs but is no CA"},
      {{"odd_usage", "intermediate"}, "has a keyUsage that does not fit its key"},
      {{"odd_san_critical", "intermediate"}, "a subjectAltName that is critical"},
      {{"odd_underscore", "intermediate"}, "has a dNSName that is no host name"},
      {{"odd_common_name", "intermediate"}, "has a common name that is not among"},
      {{"odd_ca", "intermediate"}, "is a CA (BR 7.1.2.7.8)"},
      {{"odd_no_eku", "intermediate"}, "has no extKeyUsage"},
      {{"odd_eku_critical", "intermediate"}, "has a critical extKeyUsage"},
      {{"any_purpose", "intermediate"}, "is for any purpose"},
      {{"odd_aia", "intermediate"}, "has an extension that cannot be read"},
      {{"odd_cdp", "intermediate"}, "has a CRL distribution point that is no URI"},
      {{"odd_curve", "intermediate"}, "has a key of a kind or size that is not allowed"},
      {{"odd_rsa", "intermediate"}, "has a key of a kind or size that is not allowed"},
      {{"below_odd_ca_ski", "odd_ca_ski"}, "is a CA without a subjectKeyIdentifier"},
      {{"below_odd_ca_usage", "odd_ca_usage"}, "is a CA without a keyUsage"},
      {{"below_odd_ca_bc", "odd_ca_bc"}, "is a CA whose basicConstraints are not critical"},
      {{"below_odd_ca_policy", "odd_ca_policy"}, "has policyConstraints that are not critical"},
      {{"below_odd_ca_any_policy", "odd_ca_any_policy"},
       "has an inhibitAnyPolicy that is not critical"},
      {{"below_odd_root"}, "is a root with an extKeyUsage", "odd_root"},
  };
  for (const Chain& chain : chains) {
    const Judgement clients = judge(chain.presented, {chain.root});
    EXPECT_EQ(clients.problems, 0) << chain.presented[0] << ": " << clients.detail;
    ASSERT_THAT(clients.chain->nonconformities, ElementsAre(HasSubstr(chain.sentence)))
        << chain.presented[0];
    const Judgement strict = judge(chain.presented, {chain.root}, kHost, kNow, {Profile::kStrict});
    EXPECT_EQ(strict.problems, static_cast<ChainProblems>(ChainProblem::kNonconforming));
    EXPECT_EQ(strict.detail, clients.chain->nonconformities.front());
    EXPECT_FALSE(strict.chain_valid);
  }
}

TEST(Conformance, LeavesGoodChainsAlone) {
  for (const Chain& chain : std::vector<Chain>{{{"conforming", "intermediate"}, ""},
                                               {{"good_aia", "intermediate"}, ""},
                                               {{"good_cdp", "intermediate"}, ""},
                                               {{"rsa2048", "intermediate"}, ""},
                                               {{"ed25519", "intermediate"}, ""},
                                               {{"names_ok", "names_ca"}, ""},
                                               {{"crossed", "cross_by_root"}, ""}}) {
    const Judgement strict = judge(chain.presented, {"root"}, kHost, kNow, {Profile::kStrict});
    EXPECT_EQ(strict.problems, 0) << chain.presented[0] << ": " << strict.detail;
    EXPECT_THAT(strict.chain->nonconformities, IsEmpty());
  }
}

TEST(Conformance, TheFirstOtherProblemNamesTheFailure) {
  const Judgement strict =
      judge({"odd_no_aki", "intermediate"}, {"root"}, kHost, 1798761601, {Profile::kStrict});
  EXPECT_TRUE(has(strict.problems, ChainProblem::kExpired));
  EXPECT_TRUE(has(strict.problems, ChainProblem::kNonconforming));
  EXPECT_THAT(strict.detail, HasSubstr("expired at"));
}

TEST(Conformance, ACriticalAuthorityInfoAccessIsNotUnderstoodByClients) {
  const Judgement clients = judge({"critical_aia", "intermediate"}, {"root"});
  EXPECT_TRUE(has(clients.problems, ChainProblem::kConstraint));
  EXPECT_THAT(clients.detail, HasSubstr("critical extension 1.3.6.1.5.5.7.1.1"));
}

TEST(Conformance, ADottedNameConstraintIsNoted) {
  const Judgement clients = judge({"below_odd_ca_dot", "odd_ca_dot"}, {"root"});
  EXPECT_EQ(clients.problems, 0);
  EXPECT_THAT(clients.chain->nonconformities,
              ElementsAre(HasSubstr("has a name constraint that is no host name")));
}

TEST(Conformance, IntermediatesAreCounted) {
  JudgeOptions none;
  none.max_intermediates = 0;
  EXPECT_EQ(judge({"below_odd_root"}, {"odd_root"}, kHost, kNow, none).problems, 0);
  const Judgement refused = judge({"p256", "intermediate"}, {"root"}, kHost, kNow, none);
  EXPECT_TRUE(has(refused.problems, ChainProblem::kConstraint));
  EXPECT_THAT(refused.detail, HasSubstr("has 1 intermediates"));
}

}  // namespace
}  // namespace tracer::ssl
