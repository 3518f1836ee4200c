// Handshakes that come to their end, and what a session then knows and carries.

#include "ssl/session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ssl/limits.h"
#include "tests/unit/ssl/chains.h"
#include "tests/unit/ssl/session_pair.h"

namespace tracer::ssl {
namespace {

using testing::certificate;
using testing::context;
using testing::described;
using testing::kAllVersions;
using testing::only;
using testing::Pair;
using testing::ServerOptions;
using Status = Session::Status;

constexpr auto kTls10 = ProtocolVersion::kTls10;
constexpr auto kTls11 = ProtocolVersion::kTls11;
constexpr auto kTls12 = ProtocolVersion::kTls12;
constexpr auto kTls13 = ProtocolVersion::kTls13;

class Versions : public ::testing::TestWithParam<ProtocolVersion> {};

TEST_P(Versions, CompletesAndCarriesDataBothWays) {
  const auto client = context({.min_version = kTls10});
  Pair pair(*client, only(GetParam()), "www.example.test");
  ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
  EXPECT_EQ(pair.client().protocol(), static_cast<std::uint16_t>(GetParam()));
  EXPECT_EQ(pair.client().error(), SessionError::kNone);

  ASSERT_TRUE(pair.client().write("PING\r\n"));
  pair.send();
  EXPECT_TRUE(pair.server().done());
  EXPECT_EQ(pair.server().plaintext(), "PING\r\n");

  pair.server().write("PONG\r\n");
  std::string heard;
  EXPECT_EQ(pair.receive(heard), Status::kWantRead);
  EXPECT_EQ(heard, "PONG\r\n");
}

TEST_P(Versions, TakesBytesOneAtATime) {
  const auto client = context({.min_version = kTls10});
  Pair pair(*client, only(GetParam()));
  ASSERT_EQ(pair.handshake(1), Status::kDone) << described(pair.client());
  pair.send();
  ASSERT_TRUE(pair.server().done());
  pair.server().write("PONG");
  std::string heard;
  EXPECT_EQ(pair.receive(heard, 1), Status::kWantRead);
  EXPECT_EQ(heard, "PONG");
}

TEST_P(Versions, CarriesMoreThanARecord) {
  const auto client = context({.min_version = kTls10});
  Pair pair(*client, only(GetParam()));
  ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
  std::string much(100'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 7 + i / 251);
  ASSERT_TRUE(pair.client().write(much));
  pair.send();
  EXPECT_EQ(pair.server().plaintext(), much);
  pair.server().write(much);
  std::string heard;
  EXPECT_EQ(pair.receive(heard, 1000), Status::kWantRead);
  EXPECT_EQ(heard, much);
}

TEST_P(Versions, EndsProperly) {
  const auto client = context({.min_version = kTls10});
  Pair pair(*client, only(GetParam()));
  ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
  pair.send();
  pair.server().write("bye");
  pair.server().close();
  std::string heard;
  EXPECT_EQ(pair.receive(heard), Status::kDone);
  EXPECT_EQ(heard, "bye");
  EXPECT_EQ(pair.client().read({}, heard), Status::kDone);

  Pair other(*client, only(GetParam()));
  ASSERT_EQ(other.handshake(), Status::kDone);
  other.client().close();
  other.send();
  EXPECT_TRUE(other.server().done());
  EXPECT_TRUE(other.server().client_closed());
}

// The last flight is still with the client when the chain is judged.
TEST_P(Versions, PresentsTheChainBeforeTheServerIsDone) {
  const auto client = context({.min_version = kTls10});
  ServerOptions options = only(GetParam());
  options.chain = {"p256", "intermediate", "root"};
  Pair pair(*client, options);
  ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
  if (GetParam() == kTls13) {
    EXPECT_FALSE(pair.server().done());
  }
  const auto& chain = pair.client().peer_chain();
  ASSERT_EQ(chain.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto expected = certificate(options.chain[i]);
    EXPECT_TRUE(std::ranges::equal(chain[i], expected)) << options.chain[i];
  }
}

TEST_P(Versions, ABadChainIsForOthersToJudge) {
  const auto client = context({.min_version = kTls10});
  for (const std::vector<std::string>& chain :
       {std::vector<std::string>{"self_signed"}, {"p256"}, {"p256", "other_root"}}) {
    ServerOptions options = only(GetParam());
    options.chain = chain;
    Pair pair(*client, options);
    EXPECT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
    EXPECT_EQ(pair.client().peer_chain().size(), chain.size());
  }
}

std::string version_name(const ::testing::TestParamInfo<ProtocolVersion>& version) {
  return "Tls1" + std::to_string(static_cast<int>(version.param) - static_cast<int>(kTls10));
}
INSTANTIATE_TEST_SUITE_P(Session, Versions, ::testing::ValuesIn(kAllVersions), version_name);

// Every range of the client against every range of the server: the highest that both have, or a
// failure that says so.
TEST(SessionVersions, RangesMeetInTheHighestCommonVersion) {
  for (const auto client_min : kAllVersions) {
    for (const auto client_max : kAllVersions) {
      if (client_max < client_min) continue;
      const auto client = context({.min_version = client_min, .max_version = client_max});
      for (const auto server : kAllVersions) {
        Pair pair(*client, only(server));
        const Status status = pair.handshake();
        const std::string title = protocol_name(static_cast<std::uint16_t>(client_min)) + "–" +
                                  protocol_name(static_cast<std::uint16_t>(client_max)) + " to " +
                                  protocol_name(static_cast<std::uint16_t>(server));
        if (client_min <= server && server <= client_max) {
          EXPECT_EQ(status, Status::kDone) << title << described(pair.client());
          EXPECT_EQ(pair.client().protocol(), static_cast<std::uint16_t>(server)) << title;
        } else {
          EXPECT_EQ(status, Status::kFailed) << title;
          // This server says nothing to a client that is too old for it, and closes.
          const bool silent = client_max < server && server <= kTls12;
          EXPECT_EQ(pair.client().error(),
                    silent ? SessionError::kClosed : SessionError::kVersionUnsupported)
              << title << ": " << described(pair.client());
          EXPECT_TRUE(pair.client().peer_chain().empty()) << title;
        }
      }
    }
  }
}

TEST(SessionVersions, NamesWhatAnOldServerOffered) {
  const auto client = context({.min_version = kTls12});
  Pair pair(*client, only(kTls10));
  EXPECT_EQ(pair.handshake(), Status::kFailed);
  EXPECT_EQ(pair.client().error(), SessionError::kVersionUnsupported);
}

TEST(SessionNames, SendsTheServerNameItIsGivenAndNoOther) {
  const auto client = context();
  for (const std::string name : {"a.example.test", "", "b.example.test", ""}) {
    Pair pair(*client, {}, name);
    ASSERT_EQ(pair.handshake(), Status::kDone);
    EXPECT_EQ(pair.server().server_name(), name);
    const std::string hello(pair.client_hello().begin(), pair.client_hello().end());
    EXPECT_EQ(hello.find("example.test") != std::string::npos, !name.empty());
  }
}

TEST(SessionAlpn, AgreesOnWhatBothHave) {
  const auto client = context({.alpn = {"h2", "http/1.1"}});
  for (const auto version : {kTls12, kTls13}) {
    ServerOptions options = only(version);
    options.alpn = "http/1.1";
    Pair pair(*client, options);
    ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
    EXPECT_EQ(pair.client().alpn(), "http/1.1");

    Pair silent(*client, only(version));
    ASSERT_EQ(silent.handshake(), Status::kDone) << described(silent.client());
    EXPECT_EQ(silent.client().alpn(), "");
  }
  const auto without = context();
  Pair pair(*without, {.alpn = "h2"});
  ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
  EXPECT_EQ(pair.client().alpn(), "");
}

struct Leaf {
  std::string name;
  std::vector<ProtocolVersion> versions;
};

TEST(SessionLeafs, TakesEveryKindOfKey) {
  const auto client = context({.min_version = kTls10});
  const std::vector<Leaf> leafs{{"rsa2048", {kTls10, kTls11, kTls12, kTls13}},
                                {"p256", {kTls10, kTls11, kTls12, kTls13}},
                                {"p384", {kTls12, kTls13}},
                                {"p521", {kTls12, kTls13}},
                                {"ed25519", {kTls12, kTls13}},
                                {"ed448", {kTls12, kTls13}}};
  for (const Leaf& leaf : leafs) {
    for (const auto version : leaf.versions) {
      ServerOptions options = only(version);
      options.chain = {leaf.name, "intermediate"};
      Pair pair(*client, options);
      EXPECT_EQ(pair.handshake(), Status::kDone)
          << leaf.name << " " << protocol_name(static_cast<std::uint16_t>(version)) << " "
          << described(pair.client());
      EXPECT_EQ(pair.client().peer_chain().size(), 2U);
    }
  }
}

struct Suite {
  ProtocolVersion version;
  std::string leaf;
  std::string library_name;
  std::string iana_name;
};

TEST(SessionFacts, TellsTheSuiteByItsIanaNumber) {
  const auto client = context({.min_version = kTls10});
  const std::vector<Suite> suites{
      {kTls13, "p256", "TLS13-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"},
      {kTls13, "p256", "TLS13-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"},
      {kTls13, "p256", "TLS13-CHACHA20-POLY1305-SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
      {kTls12, "p256", "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
      {kTls12, "rsa2048", "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
      {kTls12, "rsa2048", "ECDHE-RSA-CHACHA20-POLY1305",
       "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
      {kTls12, "rsa2048", "AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"},
      {kTls10, "rsa2048", "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
      {kTls10, "rsa2048", "AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"},
  };
  for (const Suite& suite : suites) {
    ServerOptions options = only(suite.version);
    options.chain = {suite.leaf, "intermediate"};
    options.ciphers = suite.library_name;
    Pair pair(*client, options);
    ASSERT_EQ(pair.handshake(), Status::kDone)
        << suite.library_name << " " << described(pair.client());
    EXPECT_EQ(cipher_suite_name(pair.client().cipher_suite()), suite.iana_name);
  }
}

TEST(SessionFacts, TellsTheGroup) {
  const auto client = context();
  struct Group {
    std::uint16_t number;
    std::string name;
  };
  for (const Group& group :
       {Group{23, "P-256"}, Group{24, "P-384"}, Group{25, "P-521"}, Group{29, "X25519"}}) {
    ServerOptions options = only(kTls13);
    options.groups = {group.number};
    Pair pair(*client, options);
    ASSERT_EQ(pair.handshake(), Status::kDone) << group.name << " " << described(pair.client());
    EXPECT_EQ(pair.client().group(), group.number);
    EXPECT_EQ(group_name(pair.client().group()), group.name);
  }
}

TEST(SessionFacts, TellsTheGroupOfOlderVersions) {
  const auto client = context({.min_version = kTls10});
  struct Case {
    ProtocolVersion version;
    std::string cipher;
    unsigned short curve_bytes;
    std::uint16_t group;
  };
  for (const Case& expected : {Case{kTls12, "ECDHE-RSA-AES128-GCM-SHA256", 32, 23},
                               Case{kTls12, "ECDHE-RSA-AES128-GCM-SHA256", 48, 24},
                               Case{kTls12, "ECDHE-RSA-AES128-GCM-SHA256", 66, 25},
                               Case{kTls10, "ECDHE-RSA-AES128-SHA", 48, 24},
                               Case{kTls12, "AES128-SHA256", 0, 0},  // no key exchange by group
                               Case{kTls10, "AES128-SHA", 0, 0}}) {
    ServerOptions options = only(expected.version);
    options.chain = {"rsa2048", "intermediate"};
    options.ciphers = expected.cipher;
    options.curve_bytes = expected.curve_bytes;
    Pair pair(*client, options);
    ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
    EXPECT_EQ(pair.client().group(), expected.group) << expected.cipher;
  }
}

TEST(SessionFacts, P256GoesFirst) {
  const auto client = context();
  Pair pair(*client, {});
  ASSERT_EQ(pair.handshake(), Status::kDone);
  EXPECT_EQ(group_name(pair.client().group()), "P-256");
}

}  // namespace
}  // namespace tracer::ssl
