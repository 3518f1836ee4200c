// How a ring tells of a connection that was made and reset before anybody looked: connect() has
// succeeded, and the reset is what the next operation finds. Otherwise it would hang on the speed
// of this machine whether such a service is up. Pure; any thread.
#pragma once

#include <cerrno>
#include <cstdint>

namespace tracer::engine {

// Errors of connect that only a connection can have which was made: a reset in answer to the very
// first packet is ECONNREFUSED.
constexpr bool was_made_and_reset(std::int32_t connect_result) {
  return connect_result == -ECONNRESET || connect_result == -EPIPE;
}

// What a send or receive on such a socket brings. The socket has told of its error once already,
// and what it says then is only that it is closed; data that came before is still there.
constexpr std::int32_t after_reset(std::int32_t result) {
  return result == 0 || result == -EPIPE || result == -ENOTCONN ? -ECONNRESET : result;
}

}  // namespace tracer::engine
