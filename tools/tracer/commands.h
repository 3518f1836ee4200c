// The program's commands: each adds itself to the command line and, when chosen, does its work and
// returns the exit status. Main thread.
#pragma once

#include <functional>

#include "tools/tracer/signals.h"

namespace CLI {
class App;
}

namespace tracer::cli {

// Set by the command that was chosen on the command line; main() calls it after parsing.
using Work = std::function<int(Signals&)>;

void add_check_command(CLI::App& app, Work& work);
void add_run_command(CLI::App& app, Work& work);
void add_validate_command(CLI::App& app, Work& work);
void add_cert_command(CLI::App& app, Work& work);
void add_bench_command(CLI::App& app, Work& work);
void add_failures_command(CLI::App& app, Work& work);
void add_top_command(CLI::App& app, Work& work);
void add_reload_command(CLI::App& app, Work& work);

}  // namespace tracer::cli
