#include "ssl/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <regex>
#include <sstream>
#include <string>

#include "ssl/certificate_view.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

using testing::certificate;
using testing::Der;
using ::testing::ElementsAre;

CertificateFacts facts(const std::string& name) {
  const Der der = certificate(name);
  return read_certificate(der).value();
}

// What follows `key` on its line in OpenSSL's account of the certificate.
std::string after(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(key);
    if (at != std::string::npos) return line.substr(at + key.size());
  }
  return "(absent)";
}

std::string time_text(std::int64_t time_s) {
  const std::time_t seconds = time_s;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", &parts);
  return text.data();
}

std::string fingerprint_text(const CertificateFacts& facts) {
  std::string text;
  for (const std::uint8_t octet : facts.fingerprint_sha256) {
    std::array<char, 4> pair{};
    std::snprintf(pair.data(), pair.size(), "%02X", octet);
    text += (text.empty() ? "" : ":") + std::string(pair.data());
  }
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

class AgainstOpenSsl : public ::testing::TestWithParam<std::string> {};

TEST_P(AgainstOpenSsl, ReadsWhatOpenSslReads) {
  const CertificateFacts read = facts(GetParam());
  const std::string said = testing::chain_file_text(GetParam() + ".txt");
  EXPECT_EQ(read.subject, after(said, "subject="));
  EXPECT_EQ(read.issuer, after(said, "issuer="));
  EXPECT_EQ(upper(read.serial), after(said, "serial="));
  EXPECT_EQ(time_text(read.not_before_s), after(said, "notBefore="));
  EXPECT_EQ(time_text(read.not_after_s), after(said, "notAfter="));
  EXPECT_EQ(fingerprint_text(read), after(said, "sha256 Fingerprint="));
  std::istringstream algorithm(after(said, "Signature Algorithm: "));
  std::string name;
  algorithm >> name;  // blanks may follow
  EXPECT_EQ(read.signature_algorithm, name);
  EXPECT_EQ(read.is_ca, said.find("CA:TRUE") != std::string::npos);
  EXPECT_EQ(read.self_issued, after(said, "subject=") == after(said, "issuer="));
}

TEST_P(AgainstOpenSsl, ReadsTheSameKey) {
  const CertificateFacts read = facts(GetParam());
  const std::string said = testing::chain_file_text(GetParam() + ".txt");
  const std::string algorithm = after(said, "Public Key Algorithm: ");
  if (algorithm == "ED25519" || algorithm == "ED448") {
    EXPECT_EQ(upper(std::string(key_type_name(read.key_type))), algorithm);
    return;
  }
  EXPECT_EQ("(" + std::to_string(read.key_bits) + " bit)", after(said, "Public-Key: "));
  const std::string curve = after(said, "NIST CURVE: ");
  EXPECT_EQ(key_type_name(read.key_type), algorithm == "id-ecPublicKey"  ? "EC"
                                          : algorithm == "rsaEncryption" ? "RSA"
                                                                         : "RSA-PSS");
  if (curve != "(absent)") {
    EXPECT_EQ(read.key_curve, curve);
  }
}

std::string title(const ::testing::TestParamInfo<std::string>& info) {
  return std::regex_replace(info.param, std::regex("[^A-Za-z0-9]"), "_");
}

INSTANTIATE_TEST_SUITE_P(Every, AgainstOpenSsl, ::testing::ValuesIn(testing::certificate_names()),
                         title);

TEST(Certificate, NamesEveryKindOfAlternativeName) {
  EXPECT_THAT(facts("many_kinds").sans,
              ElementsAre("DNS:a.test", "email:ops@example.test", "URI:https://example.test/x",
                          "RID:1.2.3.4", "DirName:CN=in a name", "otherName:1.2.3.5"));
  EXPECT_THAT(facts("addresses").sans,
              ElementsAre("IP:127.0.0.1", "IP:::1", "IP:2001:db8::a", "DNS:addresses.test"));
}

TEST(Certificate, ShowsAnEmbeddedNulInsteadOfHidingBehindIt) {
  EXPECT_THAT(facts("embedded_nul").sans, ElementsAre("DNS:www.example.test\\x00.evil.test"));
}

TEST(Certificate, EscapesNamesAndKeepsUtf8) {
  EXPECT_EQ(
      facts("escapes").subject,
      "CN=müller\\\\=世界.test,OU=\\#1,O=\\ Bücher\\, Söhne \\+ \\\"Co\\\"\\; \\<AG\\>\\ ,C=DE");
}

TEST(Certificate, CountsWholeDaysRoundedTowardsZero) {
  constexpr std::int64_t kDay = 86400;
  EXPECT_EQ(days_remaining(10 * kDay, 0), 10);
  EXPECT_EQ(days_remaining(10 * kDay - 1, 0), 9);
  EXPECT_EQ(days_remaining(kDay - 1, 0), 0);
  EXPECT_EQ(days_remaining(0, kDay - 1), 0);
  EXPECT_EQ(days_remaining(0, kDay), -1);
}

TEST(Certificate, RefusesEveryTruncation) {
  for (const char* name : {"many_kinds", "names_ca", "pss_key"}) {
    const Der der = certificate(name);
    for (std::size_t size = 0; size < der.size(); ++size) {
      // A copy of its own, so that a sanitizer sees a read past the end.
      const Der cut(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(size));
      const auto read = read_certificate(cut);
      ASSERT_FALSE(read.has_value()) << name << " cut to " << size << " bytes";
      EXPECT_LE(read.error().offset, size);
      EXPECT_FALSE(read.error().message.empty());
    }
  }
}

TEST(Certificate, RefusesTrailingBytes) {
  Der der = certificate("p256");
  der.push_back(0);
  ASSERT_FALSE(read_certificate(der).has_value());
  EXPECT_EQ(read_certificate(der).error().message, "certificate: trailing bytes");
  EXPECT_EQ(read_certificate(der).error().offset, der.size() - 1);
}

TEST(Certificate, NamesThePlaceOfAMistake) {
  Der der = certificate("p256");
  const std::string year = "2601010000";
  const auto at = std::search(der.begin(), der.end(), year.begin(), year.end());
  ASSERT_NE(at, der.end());
  *at = 'x';
  const auto read = read_certificate(der);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().offset, static_cast<std::size_t>(at - der.begin()) - 2);
  EXPECT_EQ(read.error().message,
            "tbsCertificate.validity.notBefore: not a UTCTime or GeneralizedTime in UTC with "
            "seconds");
}

TEST(Certificate, SurvivesEveryChangeOfOneByte) {
  for (const char* name : {"many_kinds", "names_ca", "pss_key"}) {
    Der der = certificate(name);
    for (std::uint8_t& octet : der) {
      const std::uint8_t kept = octet;
      for (const unsigned change : {0x01U, 0x20U, 0x80U, 0xffU}) {
        octet = static_cast<std::uint8_t>(kept ^ change);
        const auto read = read_certificate(der);
        EXPECT_TRUE(read.has_value() || !read.error().message.empty());
      }
      octet = kept;
    }
  }
}

TEST(CertificateView, SameNameInOtherLettersAndSpacesIsTheSameName) {
  Der der = certificate("intermediate");
  const std::string name = "Test Root";
  const auto at = std::search(der.begin(), der.end(), name.begin(), name.end());
  ASSERT_NE(at, der.end());
  const std::string other = "tEST rOOT";
  std::copy(other.begin(), other.end(), at);
  const Der root = certificate("root");
  EXPECT_EQ(parse_certificate(der).value().issuer_key, parse_certificate(root).value().subject_key);
  *at = 'p';
  EXPECT_NE(parse_certificate(der).value().issuer_key, parse_certificate(root).value().subject_key);
}

}  // namespace
}  // namespace tracer::ssl
