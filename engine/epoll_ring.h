// The Ring over epoll, for machines where io_uring is forbidden. Sockets are ordinary nonblocking
// ones, each a descriptor of the process, of which `RLIMIT_NOFILE` allows so many.
//
// An operation is first tried, and only one that would have to wait waits for epoll. A socket is
// told to epoll once, when its connect is under way, edge-triggered and for both directions: since
// every operation tries first, an edge that nobody waited for loses nothing, and no further
// epoll_ctl is needed in the socket's life. (One-shot watches would cost one for each wait.)
// Receives are written into memory that all sockets of one wait() share, so one that waits holds
// none.
//
// Belongs to one thread; wake() alone may come from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/ring.h"

namespace tracer::engine {

// `slots`: how many sockets at a time, at most the hard limit of RLIMIT_NOFILE, to which the soft
// one is raised. The error is one sentence. Where the process has no descriptor left later on,
// connects end with -EMFILE.
tl::expected<std::unique_ptr<Ring>, std::string> create_epoll_ring(std::uint32_t slots);
// Likewise, but close() resets a connection that stands, so that its local port is free at once.
tl::expected<std::unique_ptr<Ring>, std::string> create_resetting_epoll_ring(std::uint32_t slots);

}  // namespace tracer::engine
