// SQL Server's way to TLS, of a probe: the handshake in packets, and what comes after it without.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/tds_framing.h"
#include "tests/unit/engine/probe_harness.h"

namespace tracer::engine {
namespace {

using ssl::ProtocolVersion;
using std::string_literals::operator""s;
using testing::Peer;
using testing::ProbeHarness;
using testing::ScriptedPeer;
using testing::TlsPeer;

const std::string kAnswer =
    "\x04\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff"s + "\x10\0\x10\0\0\0\x01"s;

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Takes packets and bare TLS, as its client may be anywhere; sends packets until, and with, what
// it says when its handshake is done.
class SqlServer final : public Peer {
 public:
  explicit SqlServer(ProtocolVersion version)
      : tls({.min_version = version, .max_version = version}) {
    tls.answers = {"world"};
    incoming_.handshake_done(0);
  }

  void hear(std::string_view said) override {
    heard += said;
    if (!answered_) return;
    const auto data = incoming_.unwrap(bytes(said));
    ASSERT_TRUE(data) << incoming_.error();
    if (!data->empty()) tls.hear({reinterpret_cast<const char*>(data->data()), data->size()});
  }

  std::optional<std::string> say() override {
    if (!answered_) {
      answered_ = true;
      return kAnswer;
    }
    const auto said = tls.say();
    if (!said || said->empty() || bare_) return said;
    bare_ = tls.server.done();
    const auto wrapped = outgoing_.wrap(bytes(*said));
    return std::string(wrapped.begin(), wrapped.end());
  }

  TlsPeer tls;
  std::string heard;

 private:
  TdsFraming incoming_;
  TdsFraming outgoing_;
  bool answered_ = false;
  bool bare_ = false;
};

MonitorSpec mssql_monitor() {
  MonitorSpec spec = testing::tls_monitor();
  spec.policy.tls.starttls = StarttlsProtocol::kMssql;
  spec.policy.exchange = testing::expecting("hello", "world").policy.exchange;
  return spec;
}

// Where the bytes of `heard` after its leading packets begin.
std::size_t end_of_packets(std::string_view heard) {
  std::size_t at = 0;
  while (at + TdsFraming::kHeaderBytes <= heard.size() && heard[at] == '\x12') {
    at += static_cast<std::uint8_t>(heard[at + 2]) << 8 | static_cast<std::uint8_t>(heard[at + 3]);
  }
  return at;
}

// `heard` is whole TLS records, and nothing else.
bool is_tls_records(std::string_view heard) {
  while (heard.size() >= 5 && heard.substr(1, 2) == "\x03\x03") {
    const std::size_t length =
        5 + (static_cast<std::uint8_t>(heard[3]) << 8 | static_cast<std::uint8_t>(heard[4]));
    if (length > heard.size()) return false;
    heard.remove_prefix(length);
  }
  return heard.empty();
}

TEST(ProbeTds, HandshakesInPacketsAndGoesOnWithout) {
  for (const auto version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
      ProbeHarness harness(mssql_monitor());
      harness.peer = [version](const Endpoint&) { return std::make_unique<SqlServer>(version); };
      harness.piece = piece;
      harness.step_ns = 1000;
      harness.start();
      const Outcome& outcome = harness.finish();
      EXPECT_EQ(outcome.failure, FailureCode::kNone) << outcome.detail_text();
      auto& server = dynamic_cast<SqlServer&>(harness.connected_peer());
      EXPECT_EQ(server.tls.server.plaintext(), "hello");
      EXPECT_TRUE(server.tls.server.client_closed());
      // PRELOGIN, ClientHello, the end of the handshake; what the monitor sends is in no packet.
      EXPECT_EQ(server.heard.substr(0, 2), "\x12\x01");
      EXPECT_EQ(server.heard.substr(47, 2), "\x12\x01");
      EXPECT_EQ(server.heard[55], '\x16');
      const std::string_view heard = server.heard;
      const std::size_t bare = end_of_packets(heard);
      ASSERT_LT(bare, heard.size());
      EXPECT_EQ(heard[bare], '\x17');
      EXPECT_TRUE(is_tls_records(heard.substr(bare)));
      EXPECT_GT(outcome.times.starttls_ns, 0);
      EXPECT_GT(outcome.times.tls_ns, 0);
    }
  }
}

TEST(ProbeTds, ClearBytesInPlaceOfTheHandshakeAreNotFedToTls) {
  for (const std::string& clear : {"\x04\x01\0\x09\0\0\x01\0\xaa"s, "\x15\x03\x03\0\x02\x02\x28"s,
                                   "\x12\x01\0\x08\0\0\x01\0"s}) {
    ProbeHarness harness(mssql_monitor());
    testing::speaks(harness, {kAnswer, clear});
    harness.start();
    const Outcome& outcome = harness.finish();
    EXPECT_EQ(outcome.failure, FailureCode::kStarttlsProtocolError) << outcome.detail_text();
    EXPECT_EQ(outcome.failure_phase, Phase::kStarttls);
    EXPECT_FALSE(outcome.detail_text().empty());
  }
}

}  // namespace
}  // namespace tracer::engine
