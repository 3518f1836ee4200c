// A TLS server without I/O, the other end of the Session under test: bytes of the client in, bytes
// for the client out. It presents certificates of tests/testdata/make_chains.sh. Belongs to one
// test; its own troubles are exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/certificate.h"
#include "ssl/protocol.h"

struct WOLFSSL;
struct WOLFSSL_CTX;
struct WOLFSSL_X509_STORE_CTX;

namespace tracer::ssl::testing {

struct ServerOptions {
  ProtocolVersion min_version = ProtocolVersion::kTls10;
  ProtocolVersion max_version = ProtocolVersion::kTls13;
  std::vector<std::string> chain{"p256", "intermediate"};  // leaf first
  std::string key;                                         // empty: the leaf's own
  std::string ciphers;             // the library's names with colons; empty: its choice
  std::vector<int> groups;         // wire values; empty: its choice
  unsigned short curve_bytes = 0;  // up to TLS 1.2: the size of the curve; 0: its choice
  std::string alpn;                // comma-separated; empty: none
  bool wants_client_certificate = false;
  bool requires_client_certificate = false;  // issued by the intermediate, or the handshake fails
};

class MemoryServer {
 public:
  explicit MemoryServer(const ServerOptions& options);
  ~MemoryServer();
  MemoryServer(const MemoryServer&) = delete;
  MemoryServer& operator=(const MemoryServer&) = delete;

  // Takes what the client sent, goes on with the handshake, then reads application data.
  void feed(Bytes received);
  // What it has to say since the last call.
  std::vector<std::uint8_t> take_output();

  void write(std::string_view plaintext);
  void close();  // close_notify

  bool done() const { return done_; }
  bool failed() const { return failed_; }
  bool client_closed() const { return client_closed_; }  // by close_notify
  const std::string& plaintext() const { return plaintext_; }
  int client_certificates() const { return client_certificates_; }
  // The name in the ClientHello; empty when there was none.
  const std::string& server_name() const { return server_name_; }

 private:
  static int on_receive(WOLFSSL*, char* buffer, int size, void* server);
  static int on_send(WOLFSSL*, char* bytes, int size, void* server);
  static int on_client_chain(int verified, WOLFSSL_X509_STORE_CTX* store);
  void configure(const ServerOptions& options);
  void read();

  WOLFSSL_CTX* context_ = nullptr;
  WOLFSSL* native_ = nullptr;
  bool done_ = false;
  bool failed_ = false;
  bool client_closed_ = false;
  int client_certificates_ = 0;
  std::vector<std::uint8_t> input_;
  std::vector<std::uint8_t> output_;
  std::string server_name_;
  std::string plaintext_;
};

}  // namespace tracer::ssl::testing
