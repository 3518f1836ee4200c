// The packets that SQL Server wants the TLS handshake in (MS-TDS, 2.2.6.5): until the handshake is
// done every flight travels as the data of PRELOGIN packets, and then TLS goes on without them. It
// stands between the probe, which moves bytes, and the TLS session, which knows nothing of it.
//
// Belongs to one attempt and to its shard's thread.
//
// Invariants:
//  1. Before handshake_done() nothing reaches the session that did not come in a packet, and
//     nothing at all where the first packet does not begin with a TLS record.
//  2. Of what arrived at most a packet's header is kept from one call to the next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tracer::engine {

class TdsFraming {
 public:
  using Bytes = std::span<const std::uint8_t>;

  static constexpr std::size_t kHeaderBytes = 8;
  static constexpr std::size_t kMaxPacketBytes = 4096;  // before a login agrees on another size

  // `flight` as it is to travel. Valid until the next call.
  Bytes wrap(Bytes flight);
  // What of `received` is TLS, which may be nothing. Valid until the next call. No value where the
  // server left the framing: error() says how, and the connection is lost.
  std::optional<Bytes> unwrap(Bytes received);
  // The session is done; the next flight begins with `unsent` bytes of the handshake.
  void handshake_done(std::size_t unsent);

  const std::string& error() const { return error_; }

 private:
  bool read_header();
  std::nullopt_t lost(const char* error);

  bool done_ = false;
  bool bare_ = false;   // the server has sent TLS without packets
  bool began_ = false;  // some data of it has come
  std::size_t unsent_ = 0;
  std::array<std::uint8_t, kHeaderBytes> header_{};
  std::size_t header_bytes_ = 0;  // of header_, here so far
  std::size_t data_bytes_ = 0;    // of the packet under way, still to come
  std::vector<std::uint8_t> outgoing_;
  std::vector<std::uint8_t> incoming_;
  std::string error_;
};

}  // namespace tracer::engine
