// One end of a TLS connection in memory, for two floors: bare wolfSSL, a client set up as tracer's
// contexts are. Certificates are not checked. Belongs to one thread.
//
// handshake() takes what came from the server; what it answers is in output(), until cleared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

struct WOLFSSL;
struct WOLFSSL_CTX;

namespace tracer::bench {

// One end of a connection in memory.
class End {
 public:
  enum class State : std::uint8_t { kGoesOn, kDone, kFailed };

  // `server_name` for SNI; empty sends none.
  End(WOLFSSL_CTX* context, bool server, const std::string& server_name = {});
  ~End();
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  State handshake(std::span<const std::uint8_t> received);
  void close();  // appends close_notify
  std::span<const std::uint8_t> output() const { return output_; }
  void clear_output() { output_.clear(); }

 private:
  static int on_receive(WOLFSSL*, char* buffer, int size, void* end);
  static int on_send(WOLFSSL*, char* bytes, int size, void* end);

  WOLFSSL* native_;
  const bool server_;
  std::span<const std::uint8_t> input_;
  std::vector<std::uint8_t> output_;
};

// They live as long as the program.
WOLFSSL_CTX* client_context();
WOLFSSL_CTX* server_context(const std::string& certificate_file, const std::string& key_file);

}  // namespace tracer::bench
