#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tools/tracer/commands.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/import/import.h"
#include "tools/tracer/import_report.h"
#include "tools/tracer/standard_output.h"

namespace tracer::cli {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  bool quiet = false;
  import::ImportOptions import;
};

int validate(const ValidateOptions& options) {
  const import::ImportResult imported = import::import_files(options.files, options.import);
  print_import_messages(imported);
  if (!imported.ok()) {
    fmt::print(stderr, "{} error{}: not valid\n", imported.error_count,
               imported.error_count == 1 ? "" : "s");
    return kBadInput;
  }
  if (options.quiet) return kAllUp;
  const auto& monitors = imported.monitors.monitors();
  const auto with_tls = std::ranges::count_if(monitors, [&](const engine::Monitor& monitor) {
    return imported.monitors.policy(monitor).tls.enabled;
  });
  const auto disabled = std::ranges::count_if(
      monitors, [](const engine::Monitor& monitor) { return !monitor.enabled; });
  const bool written =
      print_output(fmt::format("valid: {} monitor{}, {} with TLS, {} disabled\n", monitors.size(),
                               monitors.size() == 1 ? "" : "s", with_tls, disabled));
  return written ? kAllUp : kOwnTrouble;
}

}  // namespace

void add_validate_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command =
      app.add_subcommand("validate", "Say whether documents are right, and why not");
  command->add_option("FILE", options->files, "Documents in JSON or YAML; - is standard input")
      ->required();
  command->add_flag("--quiet,-q", options->quiet, "Say nothing of a valid document");
  command->add_flag("--allow-subsecond", options->import.allow_subsecond,
                    "Accept intervals below one second");
  command->callback(
      [options, &work] { work = [options](Signals&) { return validate(*options); }; });
}

}  // namespace tracer::cli
