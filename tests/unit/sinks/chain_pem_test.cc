#include "tools/tracer/sinks/chain_pem.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tracer::cli {
namespace {

TEST(ChainPem, KnownVectors) {
  ssl::ChainReport chain;
  chain.der = {{'f', 'o', 'o', 'b', 'a', 'r'}, {'f', 'o', 'o', 'b'}, {'f', 'o', 'o', 'b', 'a'}};
  EXPECT_EQ(chain_pem(chain),
            "-----BEGIN CERTIFICATE-----\nZm9vYmFy\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\nZm9vYg==\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\nZm9vYmE=\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(chain_pem(ssl::ChainReport()), "");
}

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

TEST(ChainPem, OpensslReadsEveryLengthBack) {
  std::mt19937_64 random(3);
  for (std::size_t length = 1; length < 200; ++length) {
    std::vector<std::uint8_t> der(length);
    for (std::uint8_t& byte : der) byte = static_cast<std::uint8_t>(random());
    ssl::ChainReport chain;
    chain.der = {der};
    const std::string pem = chain_pem(chain);
    const std::unique_ptr<BIO, FreeBio> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    ASSERT_EQ(PEM_read_bio(bio.get(), &name, &header, &data, &size), 1) << pem;
    EXPECT_EQ(std::string(name), "CERTIFICATE");
    EXPECT_EQ(std::vector<std::uint8_t>(data, data + size), der);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
}

}  // namespace
}  // namespace tracer::cli
