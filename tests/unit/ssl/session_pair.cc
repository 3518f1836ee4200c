#include "tests/unit/ssl/session_pair.h"

#include <algorithm>
#include <stdexcept>

namespace tracer::ssl::testing {

std::unique_ptr<Context> context(const ContextOptions& options) {
  auto created = Context::create(options);
  if (!created) throw std::runtime_error(created.error());
  return std::move(*created);
}

ServerOptions only(ProtocolVersion version) {
  return {.min_version = version, .max_version = version};
}

std::string described(const Session& session) {
  return "error " + std::to_string(static_cast<int>(session.error())) + ": " + session.detail();
}

Octets first_flight(Session& session, const ServerOptions& options) {
  MemoryServer server(options);
  if (session.handshake({}) != Session::Status::kWantRead) throw std::runtime_error("no hello");
  server.feed(session.output());
  session.clear_output();
  return server.take_output();
}

std::string chain_file_path(const std::string& file) {
  return std::string(TRACER_TEST_CHAINS) + "/" + file;
}

Pair::Pair(Context& client, const ServerOptions& server, std::string_view server_name)
    : client_(Session::create(client, server_name)), server_(server) {}

Session::Status Pair::handshake(std::size_t piece) {
  Session::Status status = client_->handshake({});
  client_hello_.assign(client_->output().begin(), client_->output().end());
  while (status == Session::Status::kWantRead) {
    send();
    const std::vector<std::uint8_t> answer = server_.take_output();
    if (answer.empty()) return server_.failed() ? client_->peer_closed() : status;
    Bytes rest = answer;
    while (!rest.empty() && status == Session::Status::kWantRead) {
      const Bytes head = rest.first(std::min(piece, rest.size()));
      rest = rest.subspan(head.size());
      status = client_->handshake(head);
    }
    // The wire may hold more than the handshake: it belongs to what is read next.
    if (!rest.empty() && status == Session::Status::kDone) {
      throw std::runtime_error("the server said more than its handshake");
    }
  }
  return status;
}

void Pair::send() {
  const std::vector<std::uint8_t> flight(client_->output().begin(), client_->output().end());
  client_->clear_output();
  if (!flight.empty()) server_.feed(flight);
}

Session::Status Pair::receive(std::string& plaintext, std::size_t piece) {
  const std::vector<std::uint8_t> bytes = server_.take_output();
  Session::Status status = Session::Status::kWantRead;
  for (Bytes rest = bytes; !rest.empty() && status == Session::Status::kWantRead;) {
    const Bytes head = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(head.size());
    status = client_->read(head, plaintext);
  }
  return status;
}

}  // namespace tracer::ssl::testing
