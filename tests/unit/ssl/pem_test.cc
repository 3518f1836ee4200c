#include "ssl/pem.h"

#include <gtest/gtest.h>

#include <string>

namespace tracer::ssl {
namespace {

std::string block(const std::string& body) {
  return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
}

std::string error_of(const std::string& text) {
  const auto read = read_pem_certificates(text);
  return read ? "" : std::to_string(read.error().line) + ": " + read.error().message;
}

TEST(Pem, ReadsBlocksAndPassesOverTheRest) {
  const auto read = read_pem_certificates("# a comment\n" + block("AQID") +
                                          "-----BEGIN EC PRIVATE KEY-----\n!!\n"
                                          "-----END EC PRIVATE KEY-----\r\n" +
                                          "-----BEGIN CERTIFICATE-----\r\nAQ\r\nI=\r\n"
                                          "-----END CERTIFICATE-----");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->at(0).der, (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(read->at(0).line, 2U);
  EXPECT_EQ(read->at(1).der, (std::vector<std::uint8_t>{1, 2}));
  EXPECT_EQ(read->at(1).line, 8U);
}

TEST(Pem, HoldsNothingWithoutBlocks) {
  EXPECT_TRUE(read_pem_certificates("").value().empty());
  EXPECT_TRUE(read_pem_certificates("hello\n").value().empty());
}

TEST(Pem, LocatesMistakes) {
  EXPECT_EQ(error_of("\n" + block("AQ*D")), "3: not base64");
  EXPECT_EQ(error_of(block("AQI")), "3: base64 cut short");
  EXPECT_EQ(error_of(block("AQ=D")), "2: not base64");
  EXPECT_EQ(error_of(block("AQI=\nAQID")), "3: not base64");
  EXPECT_EQ(error_of(block("AQJ=")), "2: not base64");  // bits under the padding
  EXPECT_EQ(error_of(block("A===")), "2: not base64");
  EXPECT_EQ(error_of("-----BEGIN CERTIFICATE-----\nAQID\n"),
            "1: BEGIN CERTIFICATE without its END");
  EXPECT_EQ(error_of("-----BEGIN CERTIFICATE-----\n-----END X-----\n"), "2: END of another label");
}

TEST(Pem, BoundsACertificate) {
  std::string body;
  for (int line = 0; line < 2000; ++line) body += std::string(64, 'A') + "\n";
  EXPECT_NE(error_of(block(body)).find("larger than the limit"), std::string::npos);
}

}  // namespace
}  // namespace tracer::ssl
