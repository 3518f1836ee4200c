// A TLS client against a server whose bytes were tampered with, or made up.
//
// The first byte says which: its low two bits are the version that a real server in memory speaks,
// and what follows are edits of what that sends, four bytes each: what is done (xor, insert,
// delete, end of the connection), at which byte of its stream, and with what. With bit 7, what
// follows is all that the server says. The second byte is how many bytes arrive at a time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/ssl/chains.h"
#include "tests/unit/ssl/session_pair.h"

namespace {

using tracer::ssl::Bytes;
using tracer::ssl::Session;
using tracer::ssl::SessionError;
using tracer::ssl::testing::MemoryServer;
using tracer::ssl::testing::Octets;
using Status = Session::Status;

void require(bool condition) {
  if (!condition) std::abort();
}

class Tampering {
 public:
  explicit Tampering(Bytes edits) : edits_(edits) {}

  // What becomes of the next bytes of the stream.
  Octets apply(const Octets& sent) {
    Octets arrived;
    for (const std::uint8_t byte : sent) take(byte, arrived);
    return arrived;
  }
  bool ended() const { return ended_; }

 private:
  enum Kind : std::uint8_t { kXor, kInsert, kDelete, kEnd };

  void take(std::uint8_t byte, Octets& arrived) {
    bool deleted = false;
    for (Bytes rest = edits_; rest.size() >= 4; rest = rest.subspan(4)) {
      if ((static_cast<std::size_t>(rest[1]) << 8U | rest[2]) != offset_) continue;
      switch (static_cast<Kind>(rest[0] % 4)) {
        case kXor:
          byte ^= rest[3];
          break;
        case kInsert:
          arrived.push_back(rest[3]);
          break;
        case kDelete:
          deleted = true;
          break;
        case kEnd:
          ended_ = true;
          break;
      }
    }
    ++offset_;
    if (!deleted && !ended_) arrived.push_back(byte);
  }

  Bytes edits_;
  std::size_t offset_ = 0;
  bool ended_ = false;
};

void check_failure(Session& session) {
  require(session.error() != SessionError::kNone && !session.detail().empty());
  require(session.handshake({}) == Status::kFailed);
  for (const char letter : session.detail()) require(letter >= ' ' && letter <= '~');
}

// Hands the client what arrives, a piece at a time, until it wants no more.
Status deliver(Session& session, Bytes arrived, std::size_t piece) {
  Status status = Status::kWantRead;
  while (!arrived.empty() && status == Status::kWantRead) {
    const Bytes head = arrived.first(std::min(piece, arrived.size()));
    arrived = arrived.subspan(head.size());
    status = session.handshake(head);
  }
  if (status != Status::kDone) return status;
  std::string plaintext;
  (void)session.read(arrived, plaintext);
  return status;
}

Status against_server(Session& session, MemoryServer& server, Tampering& tampering,
                      std::size_t piece) {
  Status status = Status::kWantRead;
  while (status == Status::kWantRead) {
    server.feed(session.output());
    session.clear_output();
    const Octets arrived = tampering.apply(server.take_output());
    if (!arrived.empty()) status = deliver(session, arrived, piece);
    if (arrived.empty() || (tampering.ended() && status == Status::kWantRead)) {
      return session.peer_closed();
    }
  }
  return status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tracer::ssl::testing;
  constexpr std::uint8_t kMadeUp = 0x80;
  static const auto client = context({.min_version = tracer::ssl::ProtocolVersion::kTls10});
  static const std::vector<Der> presented = certificates({"p256", "intermediate"});
  if (size < 2) return 0;
  const Bytes rest = Bytes(data, size).subspan(2);
  const std::size_t piece = data[1] == 0 ? SIZE_MAX : data[1];
  const auto session = Session::create(*client, "www.example.test");
  require(session != nullptr && session->handshake({}) == Status::kWantRead);
  if ((data[0] & kMadeUp) != 0) {
    Status status = deliver(*session, rest, piece);
    if (status == Status::kWantRead) status = session->peer_closed();
    require(status == Status::kFailed);  // nobody can make up a Finished
    check_failure(*session);
    return 0;
  }
  MemoryServer server(only(kAllVersions[data[0] % kAllVersions.size()]));
  Tampering tampering(rest);
  const Status status = against_server(*session, server, tampering, piece);
  if (status == Status::kDone) {
    // Both sides have agreed on what was said: the chain is the one that the server presented.
    require(session->peer_chain().size() == presented.size());
    for (std::size_t i = 0; i < presented.size(); ++i) {
      require(std::ranges::equal(session->peer_chain()[i], presented[i]));
    }
  } else {
    check_failure(*session);
  }
  return 0;
}
