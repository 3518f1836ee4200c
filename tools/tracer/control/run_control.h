// Gives a run its control socket. Called by whoever owns the run, on its thread.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "tools/tracer/control/control_server.h"

namespace tracer::cli {

struct ControlOptions {
  std::string path;       // empty: no control socket
  bool required = false;  // the user has asked for it: a run without it is an error
};

// No server where there is to be none, or where it cannot be had and is not required: that is said
// on standard error. Else the error is one sentence.
tl::expected<std::unique_ptr<ControlServer>, std::string> start_control(
    const ControlOptions& options, ControlHandlers handlers);

}  // namespace tracer::cli
