// What `check` and `cert` share: targets and how to check them from the command line, one sweep.
// How to check a target is also shared by `bench`.
#pragma once

#include <string>
#include <vector>

#include "tools/tracer/expiry_alarm.h"
#include "tools/tracer/import/target.h"
#include "tools/tracer/output.h"
#include "tools/tracer/signals.h"
#include "tools/tracer/sweep.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tracer::cli {

struct TargetOptions {
  std::vector<std::string> targets;
  import::CheckOptions check;
  SweepOptions sweep;
  OutputOptions output;
  ExpiryThresholds expiry;
  std::string save_file;  // the presented chains as PEM; empty: none
};

// How one connection is made and judged.
void add_probe_options(CLI::App& command, import::CheckOptions& check);
// Returns the option that takes the targets; it is required unless the command says otherwise.
CLI::Option* add_target_options(CLI::App& command, TargetOptions& options);
// Returns the exit status.
int check_targets(const TargetOptions& options, Signals& signals);

}  // namespace tracer::cli
