// The Unix-domain sockets by which a run is observed and controlled: where they are by default, and
// how both ends get theirs. Any thread; the caller owns what is returned.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace tracer::cli {

// `$XDG_RUNTIME_DIR/tracer.sock`, else `/run/tracer.sock` for root; empty: there is none.
std::string default_control_path();

struct ListenError {
  bool in_use = false;  // somebody listens there
  std::string text;     // one sentence
};

// A listening socket that only this user may connect to; neither end blocks. What a run that has
// ended without its last words has left behind is replaced; what somebody listens on, and what is
// no socket, is not.
tl::expected<int, ListenError> listen_at(const std::string& path);

// A connected socket that does not block. The error is one sentence.
tl::expected<int, std::string> connect_to(const std::string& path);

}  // namespace tracer::cli
