// The Ring over io_uring. Sockets live in the ring's own file table (direct descriptors), so a
// slot is a table index and no file descriptor of the process is spent on a probe; socket and
// connect are one linked submission; receives draw from buffers that the kernel picks on arrival.
//
// Belongs to one thread, which must be the one that calls create() (SINGLE_ISSUER); wake() alone
// may come from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "engine/ring.h"

namespace tracer::engine {

// `slots`: how many sockets at a time, at most the process's RLIMIT_NOFILE. The error is one
// sentence that names what the kernel lacks or forbids, and the remedy.
tl::expected<std::unique_ptr<Ring>, std::string> create_uring_ring(std::uint32_t slots);
// Likewise, but close() resets a connection that stands, so that its local port is free at once.
tl::expected<std::unique_ptr<Ring>, std::string> create_resetting_uring_ring(std::uint32_t slots);

// Why this kernel gives no io_uring, however small: it lacks or forbids it. Nothing where it does
// give one, and where something else is in the way (memory, descriptors), which is no reason to do
// without io_uring and shows in create_uring_ring(). Any thread.
std::optional<std::string> why_no_uring();

// "liburing 2.9".
std::string uring_library_version();

}  // namespace tracer::engine
