#include "engine/dns_message.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tracer::engine {
namespace {

using std::string_literals::operator""s;

const std::string kHeader = "\x12\x34\x81\x83\0\x01\0\0\0\x01\0\0"s;  // one question, one authority
const std::string kQuestion =
    "\x01"
    "a\x07"
    "example\0\0\x01\0\x01"s;
const std::string kSoaHead = "\xc0\x0e\0\x06\0\x01\0\0\x02\x58\0\x1a"s;  // TTL 600, 26 bytes
const std::string kSoaNames =
    "\x01"
    "n\xc0\x0e\0"s;
const std::string kSoaTimes = std::string(16, '\x01') + "\0\0\0\x11"s;  // minimum 17

std::int64_t ttl(const std::string& message) {
  return negative_ttl_s({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
}

TEST(DnsMessageTest, TakesTheLesserOfTtlAndMinimum) {
  EXPECT_EQ(ttl(kHeader + kQuestion + kSoaHead + kSoaNames + kSoaTimes), 17);
  std::string brief = kHeader + kQuestion + kSoaHead + kSoaNames + kSoaTimes;
  brief.replace(brief.find("\x02\x58"), 2, "\0\x09"s);
  EXPECT_EQ(ttl(brief), 9);
}

TEST(DnsMessageTest, PassesOverOtherRecords) {
  const std::string header = "\x12\x34\x81\x83\0\x01\0\x01\0\x02\0\0"s;
  const std::string cname = "\xc0\x0c\0\x05\0\x01\0\0\0\x01\0\x02\xc0\x0e"s;
  const std::string name_server = "\xc0\x0e\0\x02\0\x01\0\0\0\x01\0\x02\xc0\x0e"s;
  EXPECT_EQ(ttl(header + kQuestion + cname + name_server + kSoaHead + kSoaNames + kSoaTimes), 17);
}

TEST(DnsMessageTest, NothingComesOfAnythingShorter) {
  const std::string whole = kHeader + kQuestion + kSoaHead + kSoaNames + kSoaTimes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ttl(whole.substr(0, size)), -1) << size;
  }
}

TEST(DnsMessageTest, CountsThatLieAreNoLoop) {
  const std::string header = "\x12\x34\x81\x83\xff\xff\xff\xff\xff\xff\0\0"s;
  EXPECT_EQ(ttl(header + kQuestion), -1);
  EXPECT_EQ(ttl(header + std::string(100'000, '\0')), -1);
  EXPECT_EQ(ttl(kHeader + std::string(300, '\x7f')), -1) << "no label is as long as that";
}

}  // namespace
}  // namespace tracer::engine
