#include "engine/tds_framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tracer::engine {
namespace {

using std::string_literals::operator""s;

TdsFraming::Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text(TdsFraming::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

std::string packet(std::string_view data) {
  return "\x12\x01\0"s + static_cast<char>(data.size() + 8) + "\0\0\x01\0"s + std::string(data);
}

// All that comes of `wire` when it arrives in pieces of that size; "lost" where the framing ends.
std::string unwrapped(TdsFraming& framing, std::string_view wire, std::size_t piece) {
  std::string all;
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    const auto data = framing.unwrap(bytes(wire.substr(at, piece)));
    if (!data) return "lost";
    all += text(*data);
  }
  return all;
}

TEST(TdsFramingTest, WrapsAFlight) {
  TdsFraming framing;
  EXPECT_EQ(text(framing.wrap(bytes("hello"))), packet("hello"));
  EXPECT_EQ(text(framing.wrap({})), "");
}

TEST(TdsFramingTest, CutsALongFlightAndMarksItsEnd) {
  TdsFraming framing;
  const std::string flight(4088 + 1, 'x');
  const std::string wire = text(framing.wrap(bytes(flight)));
  ASSERT_EQ(wire.size(), flight.size() + 2 * TdsFraming::kHeaderBytes);
  EXPECT_EQ(wire.substr(0, 8), "\x12\0\x10\0\0\0\x01\0"s);
  EXPECT_EQ(wire.substr(4096), "\x12\x01\0\x09\0\0\x02\0x"s);
}

TEST(TdsFramingTest, UnwrapsHoweverItIsCut) {
  const std::string wire = packet("\x16one") + packet("two") + "\x04" + packet("3").substr(1);
  for (const std::size_t piece : {1, 2, 3, 7, 8, 9, 100}) {
    TdsFraming framing;
    EXPECT_EQ(unwrapped(framing, wire, piece), "\x16onetwo3");
  }
}

TEST(TdsFramingTest, TakesNothingBareInTheHandshake) {
  for (const std::string_view wire : {"\x16\x03\x03", "login:"}) {
    TdsFraming framing;
    EXPECT_EQ(unwrapped(framing, wire, 1), "lost");
    EXPECT_THAT(framing.error(), testing::HasSubstr("clear bytes"));
  }
  TdsFraming behind_a_packet;
  EXPECT_EQ(unwrapped(behind_a_packet, packet("\x16one") + "\x17", 100), "lost");
}

TEST(TdsFramingTest, TakesNoPacketOfSomethingElse) {
  TdsFraming framing;
  EXPECT_EQ(unwrapped(framing, "\x04\x01\0\x0a\0\0\x01\0\xaa\0"s, 1), "lost");
  EXPECT_THAT(framing.error(), testing::HasSubstr("something else"));
}

TEST(TdsFramingTest, TakesNoEmptyPacket) {
  for (const char size : {'\0', '\x07', '\x08'}) {
    TdsFraming framing;
    EXPECT_EQ(unwrapped(framing, "\x12\x01\0"s + size + "\0\0\x01\0"s, 100), "lost");
    EXPECT_THAT(framing.error(), testing::HasSubstr("empty"));
  }
}

TEST(TdsFramingTest, WrapsWhatIsLeftOfTheHandshakeAndNoMore) {
  TdsFraming framing;
  framing.handshake_done(3);
  EXPECT_EQ(text(framing.wrap(bytes("finish"))), packet("fin") + "ish");
  EXPECT_EQ(text(framing.wrap(bytes("fin"))), "fin");
}

TEST(TdsFramingTest, TakesPacketsUntilTheServerGoesWithoutThem) {
  const std::string wire = packet("ticket") + "\x17" + packet("as it is");
  for (const std::size_t piece : {1, 5, 100}) {
    TdsFraming framing;
    framing.handshake_done(0);
    EXPECT_EQ(unwrapped(framing, wire, piece), "ticket\x17" + packet("as it is"));
  }
}

}  // namespace
}  // namespace tracer::engine
