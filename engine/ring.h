// The seam to the kernel: a queue of socket operations on numbered slots. Everything above it is
// free of system calls, so that a simulated kernel can take its place.
//
// A Ring belongs to one shard and is used by that shard's thread alone, but for wake(). Operations
// are only queued; wait() submits all of them and returns what completed, in one system call.
//
// Contract, for every implementation:
//  1. connect(), send(), receive(), close() and poll() each lead to exactly one Completion, which
//     carries the token they were given; cancel() and cancel_poll() lead to none of their own.
//     Tokens of pending operations differ.
//  2. A slot belongs to one socket from connect() to the completion of close(), has one operation
//     pending at most, and is used for another socket only then.
//  3. Bytes given to send() stay valid until it completes; data of a receive() is valid until the
//     next wait().
//  4. cancel() makes the pending operation of a slot complete soon: with -ECANCELED, or as it
//     would have, whichever came first. Without one it does nothing.
//  5. The low kSlotBits of a socket operation's token are its slot.
//  6. Results are those of the system call: a count, or a negative errno.
//  7. A descriptor is polled once at a time: again only when that has completed or was cancelled.
#pragma once

#include <cstdint>
#include <span>

#include "engine/ip_address.h"

namespace tracer::engine {

using Slot = std::uint32_t;
using Token = std::uint64_t;  // the caller's; the top byte must be zero

// The low bits of a socket operation's token are its slot.
inline constexpr unsigned kSlotBits = 24;
constexpr Slot token_slot(Token token) {
  return static_cast<Slot>(token & ((Token{1} << kSlotBits) - 1));
}

// The byte below the top one says whose completion it is, so that a shard can hand it on.
enum class TokenOwner : std::uint8_t { kProbe = 1, kResolver = 2 };
constexpr Token make_token(TokenOwner owner, std::uint64_t low_48_bits) {
  return static_cast<Token>(owner) << 48 | low_48_bits;
}
constexpr TokenOwner token_owner(Token token) {
  return static_cast<TokenOwner>(token >> 48 & 0xff);
}

struct Completion {
  Token token = 0;
  std::int32_t result = 0;             // ≥ 0, or a negative errno
  std::span<const std::uint8_t> data;  // of a receive with result > 0
};

class Ring {
 public:
  virtual ~Ring() = default;

  // Creates a TCP socket in `slot`, binds it to `source` unless that has family 0, and connects.
  // A result of -ENFILE, -EMFILE, -ENOMEM or -ENOBUFS is a fault of ours, not the target's.
  // A connection that was made and reset since is a success; the next operation finds the reset.
  virtual void connect(Slot slot, const Endpoint& target, const IpAddress& source, Token token) = 0;
  virtual void send(Slot slot, std::span<const std::uint8_t> bytes, Token token) = 0;
  virtual void receive(Slot slot, Token token) = 0;  // result 0: the peer closed its side
  virtual void cancel(Slot slot) = 0;
  virtual void close(Slot slot, Token token) = 0;  // releases the slot, whether or not connected

  // Waits once for poll(2) events on a descriptor of the process; the result is the events.
  virtual void poll(int descriptor, std::uint32_t events, Token token) = 0;
  virtual void cancel_poll(Token token) = 0;

  // Submits what is queued and waits until something completes, wake() is called, or `timeout_ns`
  // has passed (0: does not wait; negative: for ever). At most limits::kCompletionsPerTick come
  // back at a time; none may come back early, after a signal for example. The span is valid until
  // the next call.
  virtual std::span<const Completion> wait(std::int64_t timeout_ns) = 0;

  // Ends a wait() that is under way or the next one. Any thread.
  virtual void wake() = 0;

  virtual std::uint32_t slots() const = 0;
};

}  // namespace tracer::engine
