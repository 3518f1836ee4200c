// A client session and a server in memory, and the wire between them. For the tests of Session.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ssl/context.h"
#include "ssl/session.h"
#include "tests/unit/ssl/memory_server.h"

namespace tracer::ssl::testing {

using Octets = std::vector<std::uint8_t>;

inline constexpr std::array kAllVersions{ProtocolVersion::kTls10, ProtocolVersion::kTls11,
                                         ProtocolVersion::kTls12, ProtocolVersion::kTls13};

ServerOptions only(ProtocolVersion version);
// What a session says of its failure, for messages of tests.
std::string described(const Session& session);
// Lets the session say hello, and gives what a server answers.
Octets first_flight(Session& session, const ServerOptions& options);

std::unique_ptr<Context> context(const ContextOptions& options = {});
std::string chain_file_path(const std::string& file);

class Pair {
 public:
  Pair(Context& client, const ServerOptions& server, std::string_view server_name = "");

  // Until the client is done or has failed, or neither has anything to say; a server that fails
  // closes. `piece`: how many bytes the client is fed at a time.
  Session::Status handshake(std::size_t piece = SIZE_MAX);
  // Hands the server what the client has to send.
  void send();
  // Hands the client what the server has to send, and appends what it holds to `plaintext`.
  Session::Status receive(std::string& plaintext, std::size_t piece = SIZE_MAX);

  Session& client() { return *client_; }
  MemoryServer& server() { return server_; }
  const std::vector<std::uint8_t>& client_hello() const { return client_hello_; }

 private:
  std::unique_ptr<Session> client_;
  MemoryServer server_;
  std::vector<std::uint8_t> client_hello_;
};

}  // namespace tracer::ssl::testing
