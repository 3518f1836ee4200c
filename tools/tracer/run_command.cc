#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "sched/fleet.h"
#include "tools/tracer/commands.h"
#include "tools/tracer/control/control_socket.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/import/import.h"
#include "tools/tracer/import_report.h"
#include "tools/tracer/run_options.h"

namespace tracer::cli {
namespace {

struct RunOptions {
  SweepSource source;
  SweepOptions sweep;
  OutputOptions output;
};

// Seconds, kept as milliseconds.
CLI::Option* add_seconds(CLI::App& command, const std::string& name, std::int64_t& milliseconds,
                         const std::string& help) {
  return command
      .add_option_function<double>(
          name,
          [&milliseconds](double seconds) {
            milliseconds = static_cast<std::int64_t>(seconds * 1000);
          },
          help)
      ->check(CLI::Range(0.1, 86400.0))
      ->type_name("SECONDS");
}

void add_state_options(CLI::App& command, StateOptions& options) {
  command
      .add_option("--state", options.path,
                  "Keep what is known of the monitors in this file, over restarts")
      ->type_name("FILE");
  add_seconds(command, "--state-interval", options.interval_ms,
              "Seconds between two writes of the state (default: 30)");
  command
      .add_option("--restore-from", options.restore_from,
                  "Begin with what this file of results, or state, says of the monitors")
      ->type_name("FILE");
}

int run(const RunOptions& options, Signals& signals) {
  import::ImportResult imported = import::import_files(options.source.files, options.source.import);
  print_import_messages(imported);
  if (!imported.ok()) return kBadInput;
  const std::string& location = options.output.location;
  const std::size_t selected = sched::monitors_for(imported.monitors, location).size();
  if (selected == 0) {
    fmt::print(stderr, "{}\n", none_enabled(imported.monitors.size(), location));
    return kBadInput;
  }
  auto configuration = sched::Configuration::load(std::move(imported.monitors));
  if (!configuration) {
    fmt::print(stderr, "tracer: {}\n", configuration.error());
    return kOwnTrouble;
  }
  const engine::SystemClock clock;
  OutputOptions form = options.output;
  const bool for_people = form.form == OutputOptions::Form::kTable;
  if (!options.sweep.once && for_people) form.form = OutputOptions::Form::kChanges;
  Output output(form, (*configuration)->monitors, options.sweep.once ? selected : 0, clock);
  SweepOptions sweep = options.sweep;
  if (!sweep.once && !sweep.control.required) sweep.control.path = default_control_path();
  return run_sweep(std::move(*configuration), location, options.source, sweep, signals,
                   output.sink());
}

}  // namespace

void add_run_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Check the monitors of documents");
  command
      ->add_option("FILE", options->source.files, "Documents in JSON or YAML; - is standard input")
      ->required();
  options->sweep.once = false;
  command->add_flag("--once", options->sweep.once, "One sweep over all monitors, then exit");
  command->add_flag("--watch", options->sweep.watch,
                    "Read the documents again when they change, as after SIGHUP");
  command->add_flag("--ca-reload", options->sweep.ca_reload,
                    "Read the files of roots, revocation lists and client certificates again when "
                    "they change");
  command
      ->add_option("--rate", options->sweep.starts_per_second, "Checks started per second, at most")
      ->check(CLI::Range(1U, 1'000'000U))
      ->type_name("N");
  add_seconds(*command, "--stats-interval", options->sweep.stats_interval_ms,
              "Seconds between lines of statistics on standard error");
  command
      ->add_option_function<std::string>(
          "--control",
          [options](const std::string& path) {
            options->sweep.control = {path, true};
          },
          "The socket for top and reload; none with --once unless given")
      ->type_name("PATH");
  add_state_options(*command, options->sweep.state);
  command->add_flag("--allow-subsecond", options->source.import.allow_subsecond,
                    "Accept intervals below one second");
  command->add_option("--location", options->output.location, "Where this agent is")
      ->capture_default_str();
  command->add_option("--agent", options->output.agent, "This agent's name (default: the host's)");
  add_sweep_options(*command, options->sweep);
  add_output_options(*command, options->output);
  command->callback(
      [options, &work] { work = [options](Signals& signals) { return run(*options, signals); }; });
}

}  // namespace tracer::cli
