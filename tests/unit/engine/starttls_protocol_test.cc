#include "engine/starttls_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tracer::engine {
namespace {

TEST(StarttlsProtocolTest, NamesAreUniqueAndReadBack) {
  std::set<std::string_view> names;
  for (int value = 0; value < kStarttlsProtocolCount; ++value) {
    const auto protocol = static_cast<StarttlsProtocol>(value);
    const std::string_view name = starttls_name(protocol);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(starttls_from_name(name), protocol);
  }
  EXPECT_FALSE(starttls_from_name("SMTP"));
  EXPECT_FALSE(starttls_from_name("auto"));
  EXPECT_FALSE(starttls_from_name(""));
}

TEST(StarttlsProtocolTest, UsualPorts) {
  const std::pair<std::uint16_t, std::string_view> usual[] = {
      {21, "ftp"},    {24, "lmtp"},          {25, "smtp"},       {587, "smtp"},   {110, "pop3"},
      {119, "nntp"},  {143, "imap"},         {389, "ldap"},      {3306, "mysql"}, {4190, "sieve"},
      {5222, "xmpp"}, {5269, "xmpp-server"}, {5432, "postgres"}, {6667, "irc"}};
  for (const auto& [port, name] : usual) {
    EXPECT_EQ(starttls_name(starttls_for_port(port)), name) << port;
  }
  for (const std::uint16_t port : {0, 1, 443, 465, 993, 995, 8443, 65535}) {
    EXPECT_EQ(starttls_for_port(port), StarttlsProtocol::kNone) << port;
  }
}

TEST(StarttlsProtocolTest, EachHasItsRowInTheDocument) {
  std::ifstream file(TRACER_SOURCE_DIR "/docs/starttls.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (int value = 1; value < kStarttlsProtocolCount; ++value) {
    const auto protocol = static_cast<StarttlsProtocol>(value);
    EXPECT_THAT(text, testing::HasSubstr("| `" + std::string(starttls_name(protocol)) + "` | "));
  }
}

}  // namespace
}  // namespace tracer::engine
