// Handshakes that must not come to their end, and what a session says of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ssl/limits.h"
#include "ssl/session.h"
#include "tests/unit/ssl/chains.h"
#include "tests/unit/ssl/session_pair.h"

namespace tracer::ssl {
namespace {

using testing::context;
using testing::described;
using testing::first_flight;
using ::testing::HasSubstr;
using testing::kAllVersions;
using testing::Octets;
using testing::only;
using testing::Pair;
using testing::ServerOptions;
using Status = Session::Status;

Octets text(std::string_view words) { return {words.begin(), words.end()}; }

// A session that has said hello, and has been answered with `bytes`.
struct Answered {
  explicit Answered(const Octets& bytes, std::size_t piece = SIZE_MAX) {
    EXPECT_EQ(session->handshake({}), Status::kWantRead);
    for (Bytes rest = bytes; !rest.empty() && status == Status::kWantRead;) {
      const Bytes head = rest.first(std::min(piece, rest.size()));
      rest = rest.subspan(head.size());
      status = session->handshake(head);
    }
  }
  std::unique_ptr<Context> client = context({.min_version = ProtocolVersion::kTls10});
  std::unique_ptr<Session> session = Session::create(*client, "www.example.test");
  Status status = Status::kWantRead;
};

struct PlainText {
  std::string words;
  std::string excerpt;
};

TEST(SessionNotTls, QuotesThePeer) {
  for (const PlainText& peer :
       {PlainText{"SSH-2.0-OpenSSH_9.2p1\r\n", "\"SSH-2.0-OpenSSH_9.2p1\\r\\n\""},
        PlainText{"220 mx ESMTP\r\n", "\"220 mx ESMTP\\r\\n\""},
        PlainText{std::string("J\0\0\0\x0a", 5) + "8.0.36", "\"J\\x00\\x00\\x00\\n8.0.36\""},
        PlainText{std::string(1000, 'x'), '"' + std::string(limits::kPeerExcerptBytes, 'x') + '"'},
        PlainText{"\xff", "\"\\xff\""}}) {
    const Answered answered(text(peer.words));
    EXPECT_EQ(answered.status, Status::kFailed);
    EXPECT_EQ(answered.session->error(), SessionError::kNotTls);
    EXPECT_THAT(answered.session->detail(), HasSubstr(peer.excerpt));
  }
}

TEST(SessionNotTls, IsSeenFromTheFirstByteOnAndStays) {
  Answered answered(text("SSH-2.0-x"), 1);
  EXPECT_EQ(answered.status, Status::kFailed);
  EXPECT_EQ(answered.session->error(), SessionError::kNotTls);
  EXPECT_EQ(answered.session->handshake(text("more")), Status::kFailed);
  EXPECT_EQ(answered.session->peer_closed(), Status::kFailed);
  EXPECT_EQ(answered.session->error(), SessionError::kNotTls);
}

struct Alert {
  int number;
  SessionError error;
};

TEST(SessionAlerts, ToTheHelloAreTold) {
  for (const Alert& alert : {Alert{40, SessionError::kNoCommonCipher},
                             {71, SessionError::kNoCommonCipher},
                             {70, SessionError::kVersionUnsupported},
                             {116, SessionError::kClientCertificateRequired},
                             {42, SessionError::kAlert},
                             {80, SessionError::kAlert},
                             {112, SessionError::kAlert},
                             {120, SessionError::kAlert},
                             {47, SessionError::kAlert}}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
      const Answered answered({21, 3, 1, 0, 2, 2, static_cast<std::uint8_t>(alert.number)}, piece);
      EXPECT_EQ(answered.status, Status::kFailed) << alert.number;
      EXPECT_EQ(answered.session->error(), alert.error)
          << alert.number << " " << described(*answered.session);
      EXPECT_EQ(answered.session->alert(), alert.number);
      EXPECT_THAT(answered.session->detail(),
                  HasSubstr(alert_name(static_cast<std::uint8_t>(alert.number))));
    }
  }
}

TEST(SessionAlerts, AWarningIsNoFailure) {
  const auto client = context();
  for (const auto version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    const auto session = Session::create(*client, "unknown.example.test");
    const Octets flight = first_flight(*session, only(version));
    EXPECT_EQ(session->handshake(Octets{21, 3, 3, 0, 2, 1, 112}), Status::kWantRead)
        << described(*session);
    EXPECT_NE(session->handshake(flight), Status::kFailed) << described(*session);
  }
}

TEST(SessionClosed, IsTold) {
  Answered silent({});
  EXPECT_EQ(silent.session->peer_closed(), Status::kFailed);
  EXPECT_EQ(silent.session->error(), SessionError::kClosed);
  EXPECT_THAT(silent.session->detail(), HasSubstr("without a word"));
  EXPECT_EQ(silent.session->handshake({}), Status::kFailed);

  Answered polite({21, 3, 3, 0, 2, 1, 0});
  EXPECT_EQ(polite.status == Status::kFailed ? polite.status : polite.session->peer_closed(),
            Status::kFailed);
  EXPECT_EQ(polite.session->error(), SessionError::kClosed) << described(*polite.session);
}

TEST(SessionClosed, AtAnyByteOfTheFlight) {
  const auto client = context({.min_version = ProtocolVersion::kTls10});
  for (const auto version : kAllVersions) {
    std::size_t length = 1;
    for (std::size_t cut = 0; cut < length; cut += 13) {
      const auto session = Session::create(*client, "");
      const Octets flight = first_flight(*session, only(version));
      length = flight.size();  // a signature's length varies by some bytes
      if (cut >= length) break;
      ASSERT_EQ(session->handshake(Bytes(flight).first(cut)), Status::kWantRead) << cut;
      ASSERT_EQ(session->peer_closed(), Status::kFailed) << cut;
      ASSERT_EQ(session->error(), SessionError::kClosed) << cut << " " << described(*session);
    }
  }
}

TEST(SessionClosed, AfterTheHandshake) {
  const auto client = context();
  Pair pair(*client, {});
  ASSERT_EQ(pair.handshake(), Status::kDone);
  EXPECT_EQ(pair.client().peer_closed(), Status::kFailed);
  EXPECT_EQ(pair.client().error(), SessionError::kClosed);
}

// The proof of possession is never skipped, whatever the chain is.
TEST(SessionPossession, AServerWithoutTheKeyOfItsCertificateFails) {
  struct Case {
    std::string leaf;
    std::string key;
    std::string ciphers;
  };
  for (const auto version : kAllVersions) {
    for (const Case& wrong :
         {Case{"p256", "clients_only", ""}, Case{"rsa2048", "root_rsa", ""},
          Case{"rsa2048", "root_rsa", version == ProtocolVersion::kTls13 ? "" : "AES128-SHA"}}) {
      const auto client = context({.min_version = ProtocolVersion::kTls10});
      ServerOptions options = only(version);
      options.chain = {wrong.leaf, "intermediate"};
      options.key = wrong.key;
      options.ciphers = wrong.ciphers;
      Pair pair(*client, options);
      EXPECT_EQ(pair.handshake(), Status::kFailed)
          << wrong.leaf << " " << wrong.ciphers << " "
          << protocol_name(static_cast<std::uint16_t>(version));
      EXPECT_FALSE(pair.server().done());
      // Without key exchange signatures it is the server that cannot go on.
      const bool by_server = !wrong.ciphers.empty();
      if (!by_server) {
        EXPECT_EQ(pair.client().error(), SessionError::kProtocol) << described(pair.client());
      }
      EXPECT_EQ(pair.client().peer_chain().size(), 2U);
    }
  }
}

// The handshake messages of a flight of TLS 1.2, each in a record of its own.
std::vector<Octets> records(const Octets& flight) {
  std::vector<Octets> out;
  for (std::size_t at = 0; at + 5 <= flight.size();) {
    const std::size_t size = 5U + static_cast<std::size_t>(flight[at + 3] << 8 | flight[at + 4]);
    out.emplace_back(flight.begin() + static_cast<std::ptrdiff_t>(at),
                     flight.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
  }
  return out;
}

TEST(SessionCertificate, AServerWithoutOneFails) {
  const auto client = context();
  const auto session = Session::create(*client, "");
  bool left_out = false;
  Status status = Status::kWantRead;
  for (const Octets& record : records(first_flight(*session, only(ProtocolVersion::kTls12)))) {
    if (record[5] == 11) {
      left_out = true;
    } else if (status == Status::kWantRead) {
      status = session->handshake(record);
    }
  }
  ASSERT_TRUE(left_out);
  EXPECT_EQ(status, Status::kFailed);
  EXPECT_EQ(session->error(), SessionError::kProtocol) << described(*session);
  EXPECT_TRUE(session->peer_chain().empty());
}

// TLS_DH_anon_*, TLS_ECDH_anon_* and suites without encryption, chosen by the server unasked.
TEST(SessionCertificate, AnonymousAndNullSuitesAreRefused) {
  const auto client = context({.min_version = ProtocolVersion::kTls10});
  for (const int suite : {0x0018, 0x0034, 0x003a, 0x006c, 0x00a6, 0xc018, 0xc019, 0x0001, 0x0002,
                          0x003b, 0xc006, 0xc010}) {
    const auto session = Session::create(*client, "");
    auto flight = records(first_flight(*session, only(ProtocolVersion::kTls12)));
    Octets& hello = flight.front();
    const std::size_t at = 5 + 4 + 2 + 32 + 1 + hello[5 + 4 + 2 + 32];  // behind the session id
    hello[at] = static_cast<std::uint8_t>(suite >> 8);
    hello[at + 1] = static_cast<std::uint8_t>(suite);
    Status status = Status::kWantRead;
    for (const Octets& record : flight) {
      // Both with a Certificate and, as such a suite has it, without.
      if (record[5] == 11 && suite % 2 == 0) continue;
      if (status == Status::kWantRead) status = session->handshake(record);
    }
    EXPECT_EQ(status, Status::kFailed) << suite;
    EXPECT_NE(session->error(), SessionError::kNone);
  }
}

TEST(SessionCertificate, AnonymousAndNullSuitesAreNotOffered) {
  const auto client = context({.min_version = ProtocolVersion::kTls10});
  const auto session = Session::create(*client, "");
  ASSERT_EQ(session->handshake({}), Status::kWantRead);
  const Bytes hello = session->output();
  const std::size_t list = 5 + 4 + 2 + 32 + 1 + hello[5 + 4 + 2 + 32];
  const auto bytes = static_cast<std::size_t>(hello[list] << 8 | hello[list + 1]);
  ASSERT_GT(bytes, 2U);
  for (std::size_t at = list + 2; at < list + 2 + bytes; at += 2) {
    const std::string name =
        cipher_suite_name(static_cast<std::uint16_t>(hello[at] << 8 | hello[at + 1]));
    EXPECT_EQ(name.find("anon"), std::string::npos) << name;
    EXPECT_EQ(name.find("NULL"), std::string::npos) << name;
    EXPECT_EQ(name.find("EXPORT"), std::string::npos) << name;
    EXPECT_EQ(name.find("RC4"), std::string::npos) << name;
  }
}

TEST(SessionBounds, TenCertificatesAreTakenAndNoMore) {
  const auto client = context();
  for (const auto version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    for (std::size_t count : {10U, 11U, 12U, 20U}) {
      ServerOptions options = only(version);
      options.chain.assign(count, "intermediate");
      options.chain.front() = "p256";
      Pair pair(*client, options);
      const Status status = pair.handshake();
      if (count <= limits::kMaxChainCertificates) {
        EXPECT_EQ(status, Status::kDone) << described(pair.client());
        EXPECT_EQ(pair.client().peer_chain().size(), count);
      } else {
        EXPECT_EQ(status, Status::kFailed) << count;
        EXPECT_EQ(pair.client().error(), SessionError::kProtocol) << described(pair.client());
        if (count < 13) {  // beyond, the library has a bound of its own
          EXPECT_THAT(pair.client().detail(), HasSubstr("more than 10 certificates")) << count;
        }
      }
    }
  }
}

TEST(SessionBounds, ALargeLeafIsTaken) {
  const auto client = context({.min_version = ProtocolVersion::kTls10});
  for (const auto version : kAllVersions) {
    ServerOptions options = only(version);
    options.chain = {"many_names", "intermediate"};
    Pair pair(*client, options);
    EXPECT_EQ(pair.handshake(1000), Status::kDone) << described(pair.client());
    ASSERT_EQ(pair.client().peer_chain().size(), 2U);
    EXPECT_GT(pair.client().peer_chain()[0].size(), 16'384U);
  }
}

TEST(SessionBounds, AFlightHasAnEnd) {
  // A Certificate message that claims to be of a megabyte, and goes on and on.
  const auto client = context();
  const auto session = Session::create(*client, "");
  const auto flight = records(first_flight(*session, only(ProtocolVersion::kTls12)));
  ASSERT_EQ(session->handshake(flight.front()), Status::kWantRead);
  Octets record{22, 3, 3, 0x40, 0x00, 11, 0x10, 0, 0};
  record.resize(5 + 0x4000, 0);
  std::size_t fed = 0;
  Status status = Status::kWantRead;
  while (status == Status::kWantRead && fed < 4 * limits::kMaxHandshakeBytes) {
    status = session->handshake(record);
    fed += record.size();
    std::fill_n(record.begin() + 5, 4, std::uint8_t{0});
  }
  EXPECT_EQ(status, Status::kFailed);
  EXPECT_EQ(session->error(), SessionError::kProtocol) << described(*session);
  EXPECT_LE(fed, limits::kMaxHandshakeBytes + record.size());
}

TEST(SessionBounds, AStreamOfNothingHasAnEnd) {
  Answered answered({});
  const Octets nothing{22, 3, 3, 0, 0};
  std::size_t fed = 0;
  while (answered.status == Status::kWantRead && fed < 4 * limits::kMaxHandshakeBytes) {
    answered.status = answered.session->handshake(nothing);
    fed += nothing.size();
  }
  EXPECT_EQ(answered.status, Status::kFailed);
  EXPECT_EQ(answered.session->error(), SessionError::kProtocol) << described(*answered.session);
}

TEST(SessionGarbage, IsABrokenProtocol) {
  for (const Octets& bytes :
       {Octets{22, 3, 3, 0, 5, 0xff, 0xff, 0xff, 0xff, 0xff},
        Octets{22, 3, 3, 0xff, 0xff, 2, 0, 0, 0}, Octets{23, 3, 3, 0, 4, 1, 2, 3, 4},
        Octets{20, 3, 3, 0, 1, 7}, Octets{22, 3, 3, 0, 4, 14, 0, 0, 0}}) {
    Answered answered(bytes);
    if (answered.status == Status::kWantRead) answered.status = answered.session->peer_closed();
    EXPECT_EQ(answered.status, Status::kFailed);
    EXPECT_TRUE(answered.session->error() == SessionError::kProtocol ||
                answered.session->error() == SessionError::kClosed)
        << described(*answered.session);
    EXPECT_FALSE(answered.session->detail().empty());
  }
}

// One wrong bit anywhere in what the server says. Some have no meaning (a record's legacy version),
// so a handshake may end well: then with the server's own certificate.
TEST(SessionGarbage, AWrongBitNeverLeadsAstray) {
  const auto client = context({.min_version = ProtocolVersion::kTls10});
  std::mt19937_64 random(11);
  const auto leaf = testing::certificate("p256");
  int failed = 0;
  for (int round = 0; round < 600; ++round) {
    const auto version = kAllVersions[random() % kAllVersions.size()];
    const auto session = Session::create(*client, "");
    testing::MemoryServer server(only(version));
    ASSERT_EQ(session->handshake({}), Status::kWantRead);
    server.feed(session->output());
    session->clear_output();
    Octets flight = server.take_output();
    flight[random() % flight.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    Status status = session->handshake(flight);
    if (status == Status::kWantRead && !session->output().empty()) {
      server.feed(session->output());
      status = session->handshake(server.take_output());
    }
    if (status == Status::kWantRead) status = session->peer_closed();
    if (status == Status::kFailed) {
      ++failed;
      EXPECT_NE(session->error(), SessionError::kNone);
      EXPECT_FALSE(session->detail().empty());
    } else {
      EXPECT_TRUE(std::ranges::equal(session->peer_chain().at(0), leaf));
    }
  }
  EXPECT_GT(failed, 500);
}

TEST(SessionGarbage, AfterTheHandshakeIsABrokenProtocol) {
  const auto client = context();
  for (const auto version : {ProtocolVersion::kTls12, ProtocolVersion::kTls13}) {
    Pair pair(*client, only(version));
    ASSERT_EQ(pair.handshake(), Status::kDone);
    std::string heard;
    Octets record{23, 3, 3, 0, 40};
    if (version == ProtocolVersion::kTls12) record = {22, 9, 9, 0, 40};  // a version there is not
    record.resize(45, 0x77);
    EXPECT_EQ(pair.client().read(record, heard), Status::kFailed);
    EXPECT_EQ(pair.client().error(), SessionError::kProtocol) << described(pair.client());
    EXPECT_EQ(heard, "");
    EXPECT_EQ(pair.client().read({}, heard), Status::kFailed);
  }
}

// Nobody's fault but the server's: neither a breach of TLS nor something that we lack.
TEST(SessionGarbage, InACertificateIsTheCertificates) {
  const auto client = context();
  for (const std::string name : {"p256", "intermediate"}) {
    const auto session = Session::create(*client, "");
    Octets flight = first_flight(*session, only(ProtocolVersion::kTls12));
    const auto der = testing::certificate(name);
    const auto at = std::ranges::search(flight, der).begin();
    ASSERT_NE(at, flight.end());
    *at = 0x31;  // a SET
    EXPECT_EQ(session->handshake(flight), Status::kFailed);
    EXPECT_EQ(session->error(), SessionError::kCertificateMalformed) << described(*session);
  }
}

}  // namespace
}  // namespace tracer::ssl
