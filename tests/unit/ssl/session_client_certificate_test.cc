// Servers that ask for a client certificate: given, missing, or of no use.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/session.h"
#include "tests/unit/ssl/session_pair.h"

namespace tracer::ssl {
namespace {

using testing::chain_file_path;
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

constexpr auto kTls10 = ProtocolVersion::kTls10;
constexpr auto kTls13 = ProtocolVersion::kTls13;

TEST(SessionClientCertificate, IsGivenWhenAskedFor) {
  const auto client = context({.min_version = kTls10,
                               .cert_file = chain_file_path("clients_only.pem"),
                               .key_file = chain_file_path("clients_only.key")});
  for (const auto version : kAllVersions) {
    ServerOptions options = only(version);
    options.requires_client_certificate = true;
    Pair pair(*client, options);
    ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
    pair.send();
    EXPECT_TRUE(pair.server().done()) << protocol_name(static_cast<std::uint16_t>(version));
    EXPECT_GT(pair.server().client_certificates(), 0);

    Pair unasked(*client, only(version));
    ASSERT_EQ(unasked.handshake(), Status::kDone);
    EXPECT_FALSE(unasked.client().may_still_refuse());
  }
}

TEST(SessionClientCertificate, IsMissedByAServerThatOnlyWantsIt) {
  const auto client = context({.min_version = kTls10});
  for (const auto version : kAllVersions) {
    ServerOptions options = only(version);
    options.wants_client_certificate = true;
    Pair pair(*client, options);
    ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
    EXPECT_EQ(pair.client().may_still_refuse(), version == kTls13);
    ASSERT_TRUE(pair.client().write("hello"));
    pair.send();
    EXPECT_EQ(pair.server().plaintext(), "hello");
  }
}

TEST(Contexts, SayWhatIsWrongWithAClientCertificate) {
  const std::string certificate_file = chain_file_path("clients_only.pem");
  const auto error_of = [](const std::string& cert, const std::string& key) {
    const auto created = Context::create({.cert_file = cert, .key_file = key});
    EXPECT_FALSE(created);
    return created ? std::string() : created.error();
  };
  EXPECT_THAT(error_of("/nonexistent/cert.pem", chain_file_path("p256.key")),
              HasSubstr("/nonexistent/cert.pem"));
  EXPECT_THAT(error_of(certificate_file, "/nonexistent/key.pem"),
              HasSubstr("/nonexistent/key.pem"));
  EXPECT_THAT(error_of(certificate_file, certificate_file), HasSubstr("client key"));
  EXPECT_THAT(error_of(certificate_file, chain_file_path("p256.key")),
              HasSubstr("does not belong to"));
}

TEST(SessionClientCertificate, IsDemandedDuringTheHandshakeBeforeTls13) {
  const auto client = context({.min_version = ProtocolVersion::kTls10});
  for (const auto version :
       {ProtocolVersion::kTls10, ProtocolVersion::kTls11, ProtocolVersion::kTls12}) {
    ServerOptions options = only(version);
    options.requires_client_certificate = true;
    Pair pair(*client, options);
    EXPECT_EQ(pair.handshake(), Status::kFailed);  // this server closes without an alert
    EXPECT_EQ(pair.client().error(), SessionError::kClientCertificateRequired)
        << described(pair.client());
    EXPECT_EQ(pair.client().peer_chain().size(), 2U);

    const auto minor = static_cast<std::uint8_t>(version);
    for (const std::uint8_t alert : {40, 41, 42}) {
      const auto session = Session::create(*client, "");
      const Octets flight = first_flight(*session, options);
      ASSERT_EQ(session->handshake(flight), Status::kWantRead);
      EXPECT_EQ(session->handshake(Octets{21, 3, minor, 0, 2, 2, alert}), Status::kFailed);
      EXPECT_EQ(session->error(), SessionError::kClientCertificateRequired) << described(*session);
      EXPECT_EQ(session->alert(), alert);
    }
  }
}

TEST(SessionClientCertificate, IsDemandedAfterTheHandshakeOfTls13) {
  const auto client = context();
  ServerOptions options = only(ProtocolVersion::kTls13);
  options.requires_client_certificate = true;
  Pair pair(*client, options);
  ASSERT_EQ(pair.handshake(), Status::kDone) << described(pair.client());
  EXPECT_TRUE(pair.client().may_still_refuse());
  pair.send();
  std::string heard;
  EXPECT_EQ(pair.receive(heard), Status::kFailed);
  EXPECT_EQ(pair.client().error(), SessionError::kClientCertificateRequired)
      << described(pair.client());
}

}  // namespace
}  // namespace tracer::ssl
