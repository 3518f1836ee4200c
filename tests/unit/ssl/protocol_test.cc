#include "ssl/protocol.h"

#include <gtest/gtest.h>

namespace tracer::ssl {
namespace {

TEST(Protocol, NamesVersions) {
  EXPECT_EQ(protocol_name(0x0301), "TLSv1.0");
  EXPECT_EQ(protocol_name(0x0304), "TLSv1.3");
  EXPECT_EQ(protocol_name(0x0300), "0x0300");
  EXPECT_EQ(protocol_from_name("TLSv1.1"), ProtocolVersion::kTls11);
  EXPECT_EQ(protocol_from_name("TLSv1.2"), ProtocolVersion::kTls12);
  for (const char* wrong : {"", "TLS1.2", "tlsv1.2", "TLSv1.4", "TLSv1", "TLSv1.2 "}) {
    EXPECT_FALSE(protocol_from_name(wrong).has_value()) << wrong;
  }
}

TEST(Protocol, NamesCipherSuites) {
  EXPECT_EQ(cipher_suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(cipher_suite_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(cipher_suite_name(0xcca9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
  EXPECT_EQ(cipher_suite_name(0x002f), "TLS_RSA_WITH_AES_128_CBC_SHA");
  EXPECT_EQ(cipher_suite_name(0x000a), "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
  EXPECT_EQ(cipher_suite_name(0xc102), "TLS_GOSTR341112_256_WITH_28147_CNT_IMIT");
  EXPECT_EQ(cipher_suite_name(0xabcd), "0xabcd");
  EXPECT_TRUE(is_cipher_suite_name("TLS_CHACHA20_POLY1305_SHA256"));
  EXPECT_FALSE(is_cipher_suite_name("TLS_CHACHA20_POLY1305"));
  EXPECT_FALSE(is_cipher_suite_name(""));
  EXPECT_FALSE(is_cipher_suite_name("0xabcd"));
}

TEST(Protocol, NamesGroupsAndAlerts) {
  EXPECT_EQ(group_name(0x0017), "P-256");
  EXPECT_EQ(group_name(0x001d), "X25519");
  EXPECT_EQ(group_name(0x0100), "ffdhe2048");
  EXPECT_EQ(group_name(0xfafa), "0xfafa");
  EXPECT_EQ(alert_name(40), "handshake_failure");
  EXPECT_EQ(alert_name(116), "certificate_required");
  EXPECT_EQ(alert_name(123), "alert_123");
}

}  // namespace
}  // namespace tracer::ssl
