#include "ssl/record_observer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace tracer::ssl {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets text(std::string_view words) { return {words.begin(), words.end()}; }

Octets record(std::uint8_t type, const Octets& payload, std::uint8_t minor = 3) {
  Octets out{type, 3, minor, static_cast<std::uint8_t>(payload.size() >> 8),
             static_cast<std::uint8_t>(payload.size())};
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Octets message(std::uint8_t type, const Octets& body) {
  Octets out{type, 0, static_cast<std::uint8_t>(body.size() >> 8),
             static_cast<std::uint8_t>(body.size())};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Octets server_hello(std::uint8_t minor) {
  Octets body{3, minor};
  body.resize(40, 0x5a);
  return message(2, body);
}

const Octets kKeyExchange = message(12, {3, 0, 24, 97, 1, 2, 3});
const Octets kRequest = message(13, {1, 1, 0, 0});
const Octets kDone = message(14, {});

RecordObserver observed(const Octets& bytes, std::size_t piece) {
  RecordObserver observer;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    observer.observe(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
  }
  return observer;
}

class Pieces : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Pieces, ReadsAFlight) {
  const Octets flight =
      record(22, server_hello(2) + message(11, Octets(300, 1)) + kKeyExchange + kRequest + kDone);
  const RecordObserver observer = observed(flight, GetParam());
  EXPECT_TRUE(observer.anything());
  EXPECT_FALSE(observer.not_tls());
  EXPECT_EQ(observer.server_version(), 0x0302);
  EXPECT_EQ(observer.named_curve(), 24);
  EXPECT_TRUE(observer.certificate_requested());
}

TEST_P(Pieces, ReadsMessagesThatSpanRecords) {
  const Octets messages = server_hello(3) + message(11, Octets(700, 1)) + kKeyExchange + kDone;
  Octets flight;
  for (std::size_t at = 0; at < messages.size(); at += 31) {
    const auto end = std::min(at + 31, messages.size());
    flight = flight + record(22, Octets(messages.begin() + static_cast<std::ptrdiff_t>(at),
                                        messages.begin() + static_cast<std::ptrdiff_t>(end)));
    flight = flight + record(22, {});  // of no length at all
  }
  const RecordObserver observer = observed(flight, GetParam());
  EXPECT_EQ(observer.server_version(), 0x0303);
  EXPECT_EQ(observer.named_curve(), 24);
  EXPECT_FALSE(observer.certificate_requested());
}

TEST_P(Pieces, LooksAtNothingBehindAChangeOfCiphers) {
  const Octets flight =
      record(22, server_hello(3)) + record(20, {1}) + record(22, kRequest + kKeyExchange);
  const RecordObserver observer = observed(flight, GetParam());
  EXPECT_EQ(observer.server_version(), 0x0303);
  EXPECT_FALSE(observer.certificate_requested());
  EXPECT_EQ(observer.named_curve(), 0);
}

TEST_P(Pieces, TakesASecondServerHelloForTheFirst) {
  const Octets flight = record(22, server_hello(2)) + record(22, server_hello(3));
  EXPECT_EQ(observed(flight, GetParam()).server_version(), 0x0303);
}

TEST_P(Pieces, SeesThatItIsNotTls) {
  for (const char* words : {"SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "HTTP/1.1 400 Bad\r\n",
                            "* OK IMAP\r\n", "\n", "\x16\x02\x01", "\x80\x2e\x01\x00\x02"}) {
    const RecordObserver observer = observed(text(words), GetParam());
    EXPECT_TRUE(observer.not_tls()) << words;
    EXPECT_FALSE(observer.anything()) << words;
    EXPECT_EQ(observer.server_version(), 0) << words;
  }
}

TEST_P(Pieces, AnAlertIsTls) {
  const RecordObserver observer = observed(record(21, {2, 40}, 1), GetParam());
  EXPECT_TRUE(observer.anything());
  EXPECT_FALSE(observer.not_tls());
  EXPECT_EQ(observer.server_version(), 0);
}

// A peer that began with TLS and then says something odd is a broken TLS peer.
TEST_P(Pieces, JudgesByTheFirstRecordAlone) {
  const RecordObserver observer =
      observed(record(22, server_hello(3)) + text("HTTP/1.1 "), GetParam());
  EXPECT_FALSE(observer.not_tls());
}

INSTANTIATE_TEST_SUITE_P(RecordObserver, Pieces, ::testing::Values(1, 2, 3, 7, 1000));

TEST(RecordObserver, KnowsNothingBeforeAHeaderIsWhole) {
  RecordObserver observer;
  EXPECT_FALSE(observer.anything());
  observer.observe(Octets{22, 3, 1, 0});
  EXPECT_FALSE(observer.anything());
  EXPECT_FALSE(observer.not_tls());
}

TEST(RecordObserver, SurvivesAnything) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    Octets bytes(random() % 400);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (!bytes.empty() && round % 2 == 0) bytes[0] = 22;
    if (bytes.size() > 1 && round % 2 == 0) bytes[1] = 3;
    (void)observed(bytes, 1 + random() % 20);
  }
}

}  // namespace
}  // namespace tracer::ssl
