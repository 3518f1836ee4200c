#include <CLI/CLI.hpp>
#include <memory>

#include "tools/tracer/commands.h"
#include "tools/tracer/target_command.h"

namespace tracer::cli {

void add_cert_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<TargetOptions>();
  CLI::App* command = app.add_subcommand("cert", "Show the certificate chains of targets");
  // TLS is the point here: a plain host:port is a TLS target, behind STARTTLS where its port says.
  options->check.tls = true;
  options->output.form = OutputOptions::Form::kCertificateCard;
  add_target_options(*command, *options);
  command->add_flag_callback(
      "--pem", [options] { options->output.form = OutputOptions::Form::kPem; },
      "The presented chain as PEM");
  command->callback([options, &work] {
    work = [options](Signals& signals) { return check_targets(*options, signals); };
  });
}

}  // namespace tracer::cli
