#include "engine/hosts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tracer::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> find(const HostsFile& hosts, std::string_view name,
                              IpFamily family = IpFamily::kAny) {
  std::vector<std::string> texts;
  for (const auto& address : hosts.find(name, family)) texts.push_back(address.to_string());
  return texts;
}

TEST(HostsFileTest, ReadsNamesAliasesAndComments) {
  const HostsFile hosts = HostsFile::parse(
      "# 192.0.2.9 comment\n"
      "192.0.2.1\tWeb web.example. # 192.0.2.8 other\r\n"
      "   \n\n"
      "2001:db8::1 web\n"
      "192.0.2.2 web\n"
      "192.0.2.1 web\n"
      "not-an-address broken\n"
      "fe80::1%eth0 zoned\n"
      "192.0.2.3 last");
  EXPECT_THAT(find(hosts, "web"), ElementsAre("192.0.2.1", "2001:db8::1", "192.0.2.2"));
  EXPECT_THAT(find(hosts, "web", IpFamily::kV6), ElementsAre("2001:db8::1"));
  EXPECT_THAT(find(hosts, "web.example"), ElementsAre("192.0.2.1"));
  EXPECT_THAT(find(hosts, "web.example", IpFamily::kV6), IsEmpty());
  EXPECT_THAT(find(hosts, "last"), ElementsAre("192.0.2.3"));
  for (const char* absent : {"comment", "other", "broken", "zoned", "absent"}) {
    EXPECT_THAT(find(hosts, absent), IsEmpty()) << absent;
  }
}

TEST(HostsFileTest, LocalhostIsLoopbackUnlessTheFileSaysOtherwise) {
  EXPECT_THAT(find(HostsFile(), "localhost"), ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(find(HostsFile(), "a.localhost", IpFamily::kV6), ElementsAre("::1"));
  EXPECT_THAT(find(HostsFile(), "notlocalhost"), IsEmpty());
  const HostsFile hosts = HostsFile::parse("127.0.0.2 localhost\n");
  EXPECT_THAT(find(hosts, "localhost"), ElementsAre("127.0.0.2"));
  EXPECT_THAT(find(hosts, "localhost", IpFamily::kV6), ElementsAre("::1"));
}

TEST(HostsFileTest, AFileThatCannotBeReadGivesNothing) {
  EXPECT_THAT(find(HostsFile::read("/nonexistent/hosts"), "web"), IsEmpty());
  EXPECT_THAT(find(HostsFile::parse(std::string("\0\n \0", 4)), ""), IsEmpty());
}

}  // namespace
}  // namespace tracer::engine
