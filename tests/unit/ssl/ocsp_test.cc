#include "ssl/ocsp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "ssl/certificate_view.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using testing::certificate;
using testing::chain_file_text;
using testing::Der;
using ::testing::HasSubstr;

constexpr std::int64_t kYear2000_s = 946684800;
constexpr std::int64_t kYear2080_s = 3471292800;

Der staple(const std::string& name) {
  const std::string text = chain_file_text(name + ".ocsp");
  return {text.begin(), text.end()};
}

// openssl dates responses by the clock, so that they are judged by it.
OcspAnswer judge(const Der& response, std::int64_t now_s = std::time(nullptr),
                 const std::string& leaf_name = "p256",
                 const std::string& issuer_name = "intermediate") {
  const Der leaf = certificate(leaf_name);
  const Der issuer = certificate(issuer_name);
  return judge_ocsp(response, *parse_certificate(leaf), *parse_certificate(issuer), now_s);
}

TEST(Ocsp, NoResponseIsNone) { EXPECT_EQ(judge({}).status, OcspStatus::kNone); }

TEST(Ocsp, TheIssuerOrAResponderThatItAppointedVouches) {
  for (const char* name : {"staple_good", "staple_key_id", "staple_delegated"}) {
    const OcspAnswer answer = judge(staple(name));
    EXPECT_EQ(answer.status, OcspStatus::kGood) << name << ": " << answer.sentence;
  }
}

TEST(Ocsp, ARevokedCertificateIsToldWithDateAndReasonHoweverOldTheAnswer) {
  for (const std::int64_t now_s : {std::int64_t{std::time(nullptr)}, kYear2080_s + 86400 * 9000}) {
    const OcspAnswer answer = judge(staple("staple_revoked"), now_s);
    EXPECT_EQ(answer.status, OcspStatus::kRevoked);
    EXPECT_EQ(answer.sentence,
              "CN=www.example.test,O=Example was revoked at 2026-06-01T00:00:00Z (keyCompromise)");
  }
}

TEST(Ocsp, AnUnknownCertificateIsUnknown) {
  EXPECT_EQ(judge(staple("staple_unknown")).status, OcspStatus::kUnknown);
}

TEST(Ocsp, AnAnswerOutsideItsTimeDoesNotVouch) {
  EXPECT_EQ(judge(staple("staple_short"), kYear2080_s).status, OcspStatus::kExpired);
  const OcspAnswer early = judge(staple("staple_good"), kYear2000_s);
  EXPECT_EQ(early.status, OcspStatus::kInvalid);
  EXPECT_THAT(early.sentence, HasSubstr("not valid before"));
}

TEST(Ocsp, OnlyTheCertificateThatIsAskedAboutCounts) {
  EXPECT_THAT(judge(staple("staple_other")).sentence, HasSubstr("another certificate"));
  EXPECT_THAT(judge(staple("staple_good"), std::time(nullptr), "p256", "root").sentence,
              HasSubstr("another certificate"));
}

TEST(Ocsp, ASignerWithoutThePurposeIsNotBelieved) {
  EXPECT_THAT(judge(staple("staple_no_purpose")).sentence, HasSubstr("appointed"));
  EXPECT_EQ(judge(staple("staple_delegated"), kYear2080_s + 86400 * 9000).status,
            OcspStatus::kInvalid);  // the responder's certificate has expired
}

TEST(Ocsp, NothingCutOrChangedVouches) {
  const Der good = staple("staple_delegated");
  for (std::size_t i = 0; i < good.size(); ++i) {
    const OcspAnswer cut = judge(Der(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)));
    EXPECT_EQ(cut.status, i == 0 ? OcspStatus::kNone : OcspStatus::kInvalid) << i;
  }
  const Der plain = staple("staple_short");
  const std::size_t signed_bytes = 60;  // well within the part that is signed
  for (std::size_t i = signed_bytes; i < signed_bytes + 60; ++i) {
    Der changed = plain;
    changed[i] ^= 1U;
    EXPECT_EQ(judge(changed).status, OcspStatus::kInvalid) << i;
  }
}

TEST(Ocsp, TheIssuerIsFoundAmongTheOthersAndTheRoots) {
  const std::vector<Der> chain = testing::certificates({"p256", "ocsp_responder", "intermediate"});
  const auto presented = testing::spans(chain);
  const Der good = staple("staple_good");
  const auto judge_for = [&](std::size_t certificates, const std::string& root) {
    return judge_ocsp(good, std::span(presented).first(certificates), *testing::store({root}),
                      std::time(nullptr));
  };
  EXPECT_EQ(judge_for(3, "root").status, OcspStatus::kGood);
  EXPECT_EQ(judge_for(1, "intermediate").status, OcspStatus::kGood);
  EXPECT_THAT(judge_for(2, "root").sentence, HasSubstr("is not known"));
  EXPECT_EQ(judge_for(0, "root").status, OcspStatus::kNone);
}

TEST(Ocsp, SaysHowLongItsAnswerHolds) {
  const std::int64_t now_s = std::time(nullptr);
  const Der response = staple("staple_short");
  const OcspAnswer good = judge(response, now_s);
  EXPECT_EQ(judge(response, good.holds_until_s).status, OcspStatus::kGood);
  EXPECT_EQ(judge(response, good.holds_until_s + 1).status, OcspStatus::kExpired);
  EXPECT_EQ(judge(response, good.holds_from_s).status, OcspStatus::kGood);
  EXPECT_EQ(judge(response, good.holds_from_s - 1).status, OcspStatus::kInvalid);
  // Once more, where the responder's certificate decides.
  constexpr std::int64_t kYear2098_s = 4039372800;
  const Der delegated = staple("staple_delegated");
  const OcspAnswer late = judge(delegated, kYear2098_s);
  EXPECT_EQ(late.status, OcspStatus::kExpired);
  EXPECT_EQ(judge(delegated, late.holds_until_s).status, OcspStatus::kExpired);
  EXPECT_EQ(judge(delegated, late.holds_until_s + 1).status, OcspStatus::kInvalid);
}

}  // namespace
}  // namespace tracer::ssl
