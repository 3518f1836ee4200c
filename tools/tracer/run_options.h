// Options that every command which probes has in common: how much at a time, which resolver, what
// may be connected to, and how results are shown.
#pragma once

#include "tools/tracer/output.h"
#include "tools/tracer/sweep.h"

namespace CLI {
class App;
}

namespace tracer::cli {

// How many threads, through which ring, with which resolver: a part of the options of a sweep.
void add_engine_options(CLI::App& command, SweepOptions& options);
void add_sweep_options(CLI::App& command, SweepOptions& options);
void add_output_options(CLI::App& command, OutputOptions& options);

}  // namespace tracer::cli
