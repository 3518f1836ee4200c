// Asks a running tracer. Each question has a connection of its own, so that there is no state that
// a restart of the run could spoil. Any thread.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "tools/tracer/control/messages.h"

namespace tracer::cli {

struct Questions {
  std::string path;       // of the control socket
  int timeout_ms = 5000;  // without a byte of the answer; -1: none
  int give_up = -1;  // a descriptor that becomes readable when the answer is not wanted any more
};

// The answer's line, without its end. The error is one sentence.
tl::expected<std::string, std::string> ask(const Questions& questions, Request request);

tl::expected<RunSample, std::string> ask_for_snapshot(const Questions& questions);
tl::expected<ReloadResult, std::string> ask_for_reload(const Questions& questions);

}  // namespace tracer::cli
