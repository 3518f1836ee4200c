#include <CLI/CLI.hpp>

#include "tools/tracer/commands.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/failures_page.h"
#include "tools/tracer/standard_output.h"

namespace tracer::cli {

void add_failures_command(CLI::App& app, Work& work) {
  CLI::App* command = app.add_subcommand(
      "failures", "List the failure codes, their causes and remedies (Markdown)");
  command->callback([&work] {
    work = [](Signals&) {
      return static_cast<int>(print_output(failures_markdown()) ? kAllUp : kOwnTrouble);
    };
  });
}

}  // namespace tracer::cli
