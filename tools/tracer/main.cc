// The command line of tracer: see `tracer --help` and docs/tracer.1.
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

#include "engine/clock.h"
#include "engine/uring_ring.h"
#include "ssl/context.h"
#include "tools/tracer/build_info.h"
#include "tools/tracer/commands.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/signals.h"
#include "tools/tracer/standard_output.h"

namespace {

constexpr int kMappedBytes = 256 << 10;

std::string version_text() {
  namespace info = tracer::build_info;
  return fmt::format("tracer {} ({})\n{} ({}), {}, simdjson {}\nbuilt with {}{}{}", info::kVersion,
                     info::kBuildType, tracer::ssl::library_version(), info::kWolfsslFlavour,
                     tracer::engine::uring_library_version(), info::kSimdjsonVersion,
                     info::kCompiler, info::kSanitizers.empty() ? "" : ", sanitizers ",
                     info::kSanitizers);
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace tracer::cli;
  occupy_closed_descriptors();
  // Large blocks are mapped each by itself. A reload replaces a set of monitors by the next one:
  // out of the heap, where the allocator puts them once it has seen some freed, the old sets leave
  // holes, and a run grows with every reload.
  mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  CLI::App app{"Watches TCP and TLS services: connects, reads certificates, judges, reports."};
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.footer("Exit status: 0 all up, 1 some check failed, 2 bad usage or input, 3 own trouble.");
  Work work;
  add_check_command(app, work);
  add_run_command(app, work);
  add_validate_command(app, work);
  add_cert_command(app, work);
  add_bench_command(app, work);
  add_failures_command(app, work);
  add_top_command(app, work);
  add_reload_command(app, work);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream help;
    const int code = app.exit(error, help, std::cerr);
    if (!print_output(help.str())) return kOwnTrouble;
    return code == 0 ? kAllUp : kBadInput;
  }
  const tracer::engine::SystemClock clock;
  Signals signals(clock);
  return work(signals);
} catch (const std::exception& error) {
  // Only the machine's limits come here: no memory, no thread.
  std::cerr << "tracer: " << error.what() << '\n';
  return tracer::cli::kOwnTrouble;
}
