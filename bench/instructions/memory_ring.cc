#include "bench/instructions/memory_ring.h"

#include <algorithm>
#include <cassert>

#include "engine/limits.h"

namespace tracer::bench {

using engine::Completion;
using engine::Slot;
using engine::Token;

void MemoryRing::connect(Slot, const engine::Endpoint&, const engine::IpAddress&, Token token) {
  for (std::uint32_t turn = 0; turn < world_.planted; ++turn) asm volatile("");
  queued_.push_back({Kind::kConnect, token, {}});
}
void MemoryRing::send(Slot, std::span<const std::uint8_t> bytes, Token token) {
  queued_.push_back({Kind::kSend, token, bytes});
}
void MemoryRing::receive(Slot, Token token) { queued_.push_back({Kind::kReceive, token, {}}); }
void MemoryRing::close(Slot, Token token) { queued_.push_back({Kind::kClose, token, {}}); }
void MemoryRing::cancel(Slot) { assert(false && "nothing here takes long"); }
void MemoryRing::poll(int, std::uint32_t, Token) { assert(false && "no names are asked for"); }
void MemoryRing::cancel_poll(Token) { assert(false && "no names are asked for"); }

Completion MemoryRing::perform(const Operation& operation) {
  Socket& socket = sockets_[engine::token_slot(operation.token)];
  switch (operation.kind) {
    case Kind::kConnect:
      if (world_.servers != nullptr) socket.server = std::make_unique<End>(world_.servers, true);
      return {operation.token, 0, {}};
    case Kind::kSend:
      (void)socket.server->handshake(operation.bytes);
      return {operation.token, static_cast<std::int32_t>(operation.bytes.size()), {}};
    case Kind::kReceive: {
      const auto said = socket.server->output();
      assert(!said.empty() && said.size() <= engine::limits::kReceiveBufferBytes);
      socket.lent.assign(said.begin(), said.end());
      socket.server->clear_output();
      return {operation.token, static_cast<std::int32_t>(socket.lent.size()), socket.lent};
    }
    case Kind::kClose:
      socket.server.reset();
      return {operation.token, 0, {}};
  }
  return {};
}

std::span<const Completion> MemoryRing::wait(std::int64_t timeout_ns) {
  completions_.clear();
  const std::size_t count = std::min(queued_.size(), engine::limits::kCompletionsPerTick);
  for (std::size_t i = 0; i < count; ++i) completions_.push_back(perform(queued_[i]));
  queued_.erase(queued_.begin(), queued_.begin() + static_cast<std::ptrdiff_t>(count));
  if (count == 0) world_.clock.pass(std::max(timeout_ns, kPauseNs));
  return completions_;
}

}  // namespace tracer::bench
