// What `check` and `cert` share: targets and how to check them from the command line, one sweep.
#pragma once

#include <string>
#include <vector>

#include "tools/tracer/import/target.h"
#include "tools/tracer/output.h"
#include "tools/tracer/signals.h"
#include "tools/tracer/sweep.h"

namespace CLI {
class App;
}

namespace tracer::cli {

struct TargetOptions {
  std::vector<std::string> targets;
  import::CheckOptions check;
  SweepOptions sweep;
  OutputOptions output;
};

void add_target_options(CLI::App& command, TargetOptions& options);
// Returns the exit status.
int check_targets(const TargetOptions& options, Signals& signals);

}  // namespace tracer::cli
