#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/tracer/commands.h"
#include "tools/tracer/control/control_client.h"
#include "tools/tracer/control/control_socket.h"
#include "tools/tracer/control/interruption.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/standard_output.h"

namespace tracer::cli {
namespace {

int reload(Questions questions, Signals& signals) {
  const Interruption interruption(signals);
  questions.give_up = interruption.descriptor();
  questions.timeout_ms = -1;  // as long as reading the documents takes
  const auto result = ask_for_reload(questions);
  if (!result) {
    fmt::print(stderr, "tracer: {}\n", printable(result.error()));
    return kOwnTrouble;
  }
  if (!*result) {
    for (const std::string& error : result->error()) fmt::print(stderr, "{}\n", printable(error));
    fmt::print(stderr, "tracer: not reloaded: the run goes on with the monitors it has\n");
    return kBadInput;
  }
  const sched::Difference& difference = **result;
  const bool printed =
      print_output(fmt::format("{} added, {} removed, {} changed, {} unchanged\n",
                               count_text(difference.added), count_text(difference.removed),
                               count_text(difference.changed), count_text(difference.unchanged)));
  return printed ? kAllUp : kOwnTrouble;
}

}  // namespace

void add_reload_command(CLI::App& app, Work& work) {
  auto questions = std::make_shared<Questions>();
  CLI::App* command = app.add_subcommand("reload", "Have a run read its documents again");
  questions->path = default_control_path();
  command->add_option("--control", questions->path, "The control socket of the run")
      ->type_name("PATH");
  command->callback([questions, &work] {
    work = [questions](Signals& signals) { return reload(*questions, signals); };
  });
}

}  // namespace tracer::cli
