#include "tools/tracer/stored_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/ssl/chains.h"
#include "tools/tracer/sinks/stored_chain_text.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;
using ssl::testing::chain_file_text;
using ssl::testing::kNow;
using ::testing::HasSubstr;
using ::testing::Not;

class StoredChainTest : public ::testing::Test {
 protected:
  StoredChainTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("stored_chain_" + std::to_string(getpid()))) {
    std::filesystem::create_directory(folder_);
    options_.ca_file = std::string(TRACER_TEST_CHAINS) + "/root.pem";
    options_.name = std::string(ssl::testing::kHost);
    options_.at_s = kNow;
    chain("conforming");
  }
  ~StoredChainTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  void chain(const std::string& leaf) {
    options_.file =
        file("chain.pem", chain_file_text(leaf + ".pem") + chain_file_text("intermediate.pem"));
  }
  StoredChain judged() const {
    auto result = judge_stored_chain(options_, 0);
    EXPECT_TRUE(result) << result.error();
    return std::move(*result);
  }

  std::filesystem::path folder_;
  StoredChainOptions options_;
};

TEST_F(StoredChainTest, AGoodChain) {
  const StoredChain good = judged();
  EXPECT_EQ(good.failure, FailureCode::kNone);
  EXPECT_TRUE(good.judgement.chain_valid);
  const std::string json = stored_chain_json(good);
  EXPECT_THAT(
      json, HasSubstr(R"("name":"www.example.test","judged_at":"2026-07-01T00:00:00.000Z",)"
                      R"("profile":"strict","failure":null,"tls":{"chain_valid":true,)"
                      R"("chain_error":null,"name_matches":true,"self_signed":false,"ocsp":null},)"
                      R"("certificate":{"subject":"CN=www.example.test,O=Example",)"));
  EXPECT_THAT(json, HasSubstr(R"("verified_expiry":"2027-01-01T00:00:00.000Z")"));
  EXPECT_TRUE(json.ends_with("\"nonconformities\":[]}\n"));
  const std::string card = stored_chain_card(good, {});
  EXPECT_THAT(card, HasSubstr("  for        www.example.test\n"
                              "  judged     strict, at 2026-07-01T00:00:00.000Z\n"
                              "  trust      ✔ the chain is trusted, the name matches\n"));
  EXPECT_THAT(card, HasSubstr("0 CN=www.example.test,O=Example  (leaf)"));
  EXPECT_THAT(card, HasSubstr("1 CN=Test Intermediate,O=Tests  (intermediate)"));
  EXPECT_THAT(card, HasSubstr("184 days left"));
  EXPECT_THAT(card, Not(HasSubstr("note")));
}

TEST_F(StoredChainTest, TheProfileDecidesOverRulesForIssuers) {
  chain("odd_no_aki");
  const StoredChain strict = judged();
  EXPECT_EQ(strict.failure, FailureCode::kCertificateMalformed);
  EXPECT_THAT(stored_chain_json(strict),
              HasSubstr(R"("failure":{"code":"certificate_malformed","detail":)"
                        R"("CN=www.example.test,O=Example has no authorityKeyIdentifier)"));
  EXPECT_THAT(stored_chain_card(strict, {}), HasSubstr("✘ the chain is not trusted"));
  EXPECT_THAT(stored_chain_card(strict, {}), Not(HasSubstr("note")));  // told as the failure
  options_.profile = ssl::Profile::kClients;
  const StoredChain clients = judged();
  EXPECT_EQ(clients.failure, FailureCode::kNone);
  EXPECT_THAT(stored_chain_json(clients), HasSubstr(R"("nonconformities":["CN=www.example.test)"));
  EXPECT_THAT(
      stored_chain_card(clients, {}),
      HasSubstr("  note       CN=www.example.test,O=Example has no authorityKeyIdentifier"));
}

TEST_F(StoredChainTest, TheNameIsJudgedOnlyWhenOneIsGiven) {
  options_.name = "elsewhere.test";
  EXPECT_EQ(judged().failure, FailureCode::kCertificateNameMismatch);
  EXPECT_THAT(stored_chain_card(judged(), {}), HasSubstr("the name does not match"));
  options_.name.reset();
  EXPECT_EQ(judged().failure, FailureCode::kNone);
  EXPECT_THAT(stored_chain_json(judged()), HasSubstr(R"("name":null,)"));
  EXPECT_THAT(stored_chain_json(judged()), HasSubstr(R"("name_matches":null,)"));
}

TEST_F(StoredChainTest, TheTimeIsNowUnlessGiven) {
  options_.at_s.reset();
  EXPECT_EQ(judged().judged_s, 0);
  EXPECT_EQ(judged().failure, FailureCode::kCertificateNotYetValid);
}

TEST_F(StoredChainTest, ListsAndDepthAreHeeded) {
  chain("p256");
  options_.crl_files = {std::string(TRACER_TEST_CHAINS) + "/crl_revokes.crl"};
  EXPECT_EQ(judged().failure, FailureCode::kCertificateRevoked);
  options_.crl_files.clear();
  options_.max_intermediates = 0;
  EXPECT_EQ(judged().failure, FailureCode::kCertificateUntrustedIssuer);
}

TEST_F(StoredChainTest, AnOcspResponseIsHeeded) {
  chain("p256");
  options_.profile = ssl::Profile::kClients;
  const auto with = [&](const std::string& response) {
    options_.ocsp_file = std::string(TRACER_TEST_CHAINS) + "/" + response + ".ocsp";
    return judged();
  };
  options_.at_s = std::time(nullptr);  // by which openssl dates responses
  const StoredChain now = with("staple_revoked");
  EXPECT_EQ(now.failure, FailureCode::kCertificateRevoked);
  EXPECT_THAT(stored_chain_json(now), HasSubstr(R"("ocsp":"revoked")"));
  EXPECT_THAT(stored_chain_card(now, {}), HasSubstr("  ocsp       revoked: CN=www.example.test"));
  const StoredChain other = with("staple_other");
  EXPECT_NE(other.failure, FailureCode::kCertificateRevoked);
  EXPECT_THAT(stored_chain_json(other), HasSubstr(R"("ocsp":"invalid")"));
  EXPECT_THAT(stored_chain_json(with("staple_good")), HasSubstr(R"("ocsp":"good")"));
}

TEST_F(StoredChainTest, AFirstBlockThatIsNoCertificate) {
  options_.file = file("x.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  const StoredChain bad = judged();
  EXPECT_EQ(bad.failure, FailureCode::kCertificateMalformed);
  EXPECT_THAT(stored_chain_json(bad), HasSubstr(R"("certificate":null)"));
  EXPECT_THAT(stored_chain_card(bad, {}), HasSubstr("certificate_malformed: "));
}

TEST_F(StoredChainTest, FilesThatCannotBeUsed) {
  const auto error = [this] { return judge_stored_chain(options_, 0).error(); };
  options_.file = "/nonexistent/chain.pem";
  EXPECT_EQ(error(), "/nonexistent/chain.pem: cannot be opened");
  options_.file = file("empty.pem", "");
  EXPECT_EQ(error(), options_.file + ": holds no certificate");
  options_.file = file("cut.pem", "\n-----BEGIN CERTIFICATE-----\n*");
  EXPECT_EQ(error(), options_.file + ":3: not base64");
  chain("p256");
  options_.ocsp_file = "/nonexistent/response.ocsp";
  EXPECT_EQ(error(), "/nonexistent/response.ocsp: cannot be opened");
  options_.ocsp_file.clear();
  options_.crl_files = {options_.file};
  EXPECT_EQ(error(), options_.file + ": holds no revocation list");
  options_.ca_file = file("roots.pem", "");
  EXPECT_EQ(error(), options_.ca_file + ": holds no certificate");
}

}  // namespace
}  // namespace tracer::cli
