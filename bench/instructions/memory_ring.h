// A kernel in memory for counting instructions: every operation succeeds in the next wait(), in the
// order in which they were asked for, against servers that live here. What the servers cost is
// spent in wait() alone, so that it can be left out of the count. Belongs to one shard.
//
// Time is virtual, and moves when there is nothing to do: then at least kPauseNs, so that checks
// come due in bunches, as they do in a large fleet.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/floor/tls_end.h"
#include "engine/clock.h"
#include "engine/ring.h"

namespace tracer::bench {

class VirtualClock final : public engine::Clock {
 public:
  explicit VirtualClock(std::int64_t unix_ms) : origin_unix_ms_(unix_ms) {}
  std::int64_t monotonic_ns() const override { return now_ns_; }
  std::int64_t unix_ms() const override { return origin_unix_ms_ + now_ns_ / 1'000'000; }
  void pass(std::int64_t duration_ns) { now_ns_ += duration_ns; }

 private:
  const std::int64_t origin_unix_ms_;
  std::int64_t now_ns_ = 0;
};

class MemoryRing final : public engine::Ring {
 public:
  static constexpr std::int64_t kPauseNs = 50'000'000;

  struct World {
    VirtualClock& clock;
    WOLFSSL_CTX* servers;       // null: they speak no TLS
    std::uint32_t planted = 0;  // turns of a loop that every connect makes for nothing
  };
  MemoryRing(const World& world, std::uint32_t slots) : world_(world), sockets_(slots) {}

  void connect(engine::Slot slot, const engine::Endpoint& target, const engine::IpAddress& source,
               engine::Token token) override;
  void send(engine::Slot slot, std::span<const std::uint8_t> bytes, engine::Token token) override;
  void receive(engine::Slot slot, engine::Token token) override;
  void cancel(engine::Slot slot) override;
  void close(engine::Slot slot, engine::Token token) override;
  void poll(int descriptor, std::uint32_t events, engine::Token token) override;
  void cancel_poll(engine::Token token) override;
  std::span<const engine::Completion> wait(std::int64_t timeout_ns) override;
  void wake() override {}
  std::uint32_t slots() const override { return static_cast<std::uint32_t>(sockets_.size()); }

 private:
  enum class Kind : std::uint8_t { kConnect, kSend, kReceive, kClose };
  struct Operation {
    Kind kind;
    engine::Token token;
    std::span<const std::uint8_t> bytes;  // of a send
  };
  struct Socket {
    std::unique_ptr<End> server;
    std::vector<std::uint8_t> lent;  // what the last receive brought
  };

  engine::Completion perform(const Operation& operation);

  const World world_;
  std::vector<Socket> sockets_;
  std::vector<Operation> queued_;
  std::vector<engine::Completion> completions_;
};

}  // namespace tracer::bench
