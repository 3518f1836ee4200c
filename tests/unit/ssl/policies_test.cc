#include "ssl/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using ::testing::HasSubstr;
using testing::judge;

// A certificate of a path by its policies alone.
CertificateView stating(std::vector<std::string> policies) {
  CertificateView view;
  view.extensions.policies = std::move(policies);
  view.subject_key = "subject";
  view.issuer_key = "issuer";
  return view;
}

bool holds(const std::vector<CertificateView>& path) {
  std::vector<const CertificateView*> pointers;
  for (const CertificateView& view : path) pointers.push_back(&view);
  return policy_fault(pointers).empty();
}

TEST(Policies, MatterOnlyWhereOneIsRequired) {
  CertificateView ca = stating({"1.1"});
  EXPECT_TRUE(holds({stating({"1.2"}), ca}));
  EXPECT_TRUE(holds({stating({}), ca}));
  ca.extensions.require_explicit_policy = 0;
  EXPECT_TRUE(holds({stating({"1.2", "1.1"}), ca}));
  EXPECT_FALSE(holds({stating({"1.2"}), ca}));
  EXPECT_FALSE(holds({stating({}), ca}));
}

TEST(Policies, AreRequiredAfterSoManyCertificates) {
  CertificateView ca = stating({"1.1"});
  ca.extensions.require_explicit_policy = 2;
  EXPECT_TRUE(holds({stating({}), ca}));
  EXPECT_FALSE(holds({stating({}), stating({}), ca}));
  CertificateView rolled_over = stating({});
  rolled_over.issuer_key = rolled_over.subject_key;
  EXPECT_TRUE(holds({stating({}), rolled_over, ca}));
}

TEST(Policies, ALeafMayRequireOneOfItself) {
  CertificateView leaf = stating({});
  leaf.extensions.require_explicit_policy = 0;
  EXPECT_FALSE(holds({leaf, stating({"1.1"})}));
  leaf.extensions.policies = {"1.1"};
  EXPECT_TRUE(holds({leaf, stating({"1.1"})}));
}

TEST(Policies, AnyPolicyStandsForAllUnlessInhibited) {
  CertificateView ca = stating({"2.5.29.32.0"});
  ca.extensions.require_explicit_policy = 0;
  EXPECT_TRUE(holds({stating({"1.2"}), ca}));
  EXPECT_TRUE(holds({stating({"2.5.29.32.0"}), ca}));
  ca.extensions.inhibit_any_policy = 0;
  EXPECT_TRUE(holds({stating({"1.2"}), ca}));
  EXPECT_FALSE(holds({stating({"2.5.29.32.0"}), ca}));
}

TEST(Policies, AreMappedUnlessInhibited) {
  CertificateView ca = stating({"1.1"});
  ca.extensions.require_explicit_policy = 0;
  CertificateView mapping = stating({"1.1"});
  mapping.extensions.policy_mappings = {{"1.1", "2.1"}};
  EXPECT_TRUE(holds({stating({"2.1"}), mapping, ca}));
  EXPECT_FALSE(holds({stating({"1.1"}), mapping, ca}));
  ca.extensions.inhibit_policy_mapping = 0;
  EXPECT_FALSE(holds({stating({"2.1"}), mapping, ca}));
}

TEST(Policies, OfRealChains) {
  EXPECT_EQ(judge({"policy_same", "explicit_ca"}, {"root"}).problems, 0);
  EXPECT_EQ(judge({"policy_any", "explicit_ca"}, {"root"}).problems, 0);
  for (const std::string leaf : {"policy_other", "below_explicit_ca"}) {
    const Judgement judgement = judge({leaf, "explicit_ca"}, {"root"});
    EXPECT_EQ(judgement.problems, static_cast<ChainProblems>(ChainProblem::kConstraint)) << leaf;
    EXPECT_THAT(judgement.detail,
                HasSubstr("a policy is required of CN=www.example.test,O=Example"));
  }
}

TEST(NameConstraints, AWildcardInOneRefuses) {
  EXPECT_THAT(judge({"below_odd_ca_star", "odd_ca_star"}, {"root"}).detail,
              HasSubstr("may not certify the name DNS:www.example.test"));
}

}  // namespace
}  // namespace tracer::ssl
