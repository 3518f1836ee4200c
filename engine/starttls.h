// The clear-text dialogue that precedes TLS where a protocol upgrades its own connection. Pure: it
// is given what arrived and says what to do next; the probe moves the bytes.
//
// One dialogue belongs to one attempt and to its shard's thread.
//
// Invariants:
//  1. start() is called once and first; feed() only after a step of kind kNeedMore or kSend, and
//     after the bytes of a kSend have left. Every other kind ends the dialogue.
//  2. An offer is read before it is used: a server that does not list TLS is kRefused, not asked.
//     FTP alone has no mandatory listing; there the answer to AUTH TLS is the offer.
//  3. kReady is said only when the server's go-ahead is the last byte that arrived. Clear bytes
//     behind it were injected or belong to no TLS stream: kProtocolError. So is a reply that came
//     before its question was asked.
//  4. Memory and work are bounded by the k… constants below, whatever the server sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/starttls_protocol.h"

namespace tracer::engine {

namespace starttls {

inline constexpr std::size_t kMaxBufferedBytes = 8 * 1024;   // of a reply not yet understood
inline constexpr std::size_t kMaxLineBytes = 2 * 1024;       // its end included
inline constexpr std::size_t kMaxDialogueBytes = 64 * 1024;  // from the server, in all

// What a reader carries from one piece of a reply to the next.
struct ReplyState {
  int code = 0;             // of a reply of several lines that is under way
  std::uint32_t lines = 0;  // of this reply, seen so far
  bool listing = false;     // within the body of a listing
  bool offered = false;     // the listing holds what is to be used
};

struct Exchange;

}  // namespace starttls

class StarttlsDialogue {
 public:
  struct Step {
    enum class Kind : std::uint8_t {
      kNeedMore,       // receive, then feed()
      kSend,           // send `send`, receive, then feed()
      kReady,          // TLS starts now; `send`, where not empty, leaves ahead of its first byte
      kRefused,        // understood and denied, or TLS is not offered
      kProtocolError,  // the server speaks another protocol, or breaks this one
      kUnsupported,    // this prober does not know the protocol's preamble
    };
    Kind kind = Kind::kNeedMore;
    std::string send;
    std::string detail;  // printable ASCII, at most limits::kDetailBytes
  };

  // `host` names the service where the protocol wants that (XMPP).
  StarttlsDialogue(StarttlsProtocol protocol, std::string_view host);

  Step start();
  // Input may be split at any byte and may hold several lines. Not empty; that the peer closed is
  // for the caller to report.
  Step feed(std::string_view bytes);

  // What the server owes, for the detail of a time-out or of a close: "a greeting", "the reply to
  // STARTTLS".
  std::string awaited() const;

 private:
  Step advance();
  Step send_command();
  Step end(Step::Kind kind, std::string_view text);

  std::span<const starttls::Exchange> script_;
  std::string host_;
  std::string buffer_;
  std::size_t exchange_ = 0;     // index into script_
  std::size_t early_bytes_ = 0;  // of buffer_, that arrived before the current command was sent
  std::size_t total_bytes_ = 0;
  starttls::ReplyState state_;
  bool ended_ = false;
};

}  // namespace tracer::engine
