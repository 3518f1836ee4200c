#include <CLI/CLI.hpp>
#include <memory>

#include "tools/tracer/commands.h"
#include "tools/tracer/target_command.h"

namespace tracer::cli {

void add_check_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<TargetOptions>();
  CLI::App* command = app.add_subcommand("check", "Check targets now");
  add_target_options(*command, *options);
  command->callback([options, &work] {
    using Form = OutputOptions::Form;
    if (options->targets.size() == 1 && options->output.form == Form::kTable) {
      options->output.form = Form::kCheckCard;
    }
    work = [options](Signals& signals) { return check_targets(*options, signals); };
  });
}

}  // namespace tracer::cli
