#include "tools/tracer/target_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <utility>

#include "engine/clock.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/run_options.h"
#include "tools/tracer/sinks/chain_file_sink.h"
#include "tools/tracer/sinks/sink_list.h"

namespace tracer::cli {
namespace {

void add_tls_options(CLI::App& command, import::CheckOptions& check) {
  const std::string group = "TLS";
  command.add_flag("--tls", check.tls, "Speak TLS (after STARTTLS where the port is known for it)")
      ->group(group);
  command.add_option("--starttls", check.starttls, "auto, none, or a protocol such as smtp")
      ->type_name("P")
      ->group(group);
  command.add_option("--server-name", check.server_name, "SNI, and the name to verify")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--ca-file", check.ca_file, "Trusted roots (PEM) instead of the system's")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--crl", check.crl_files, "Revocation lists (PEM or DER); may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--cert", check.cert_file, "Client certificate (PEM)")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--key", check.key_file, "Key of the client certificate (PEM)")
      ->type_name("FILE")
      ->group(group);
  command
      .add_flag_callback(
          "--no-verify", [&check] { check.verify = false; },
          "Judge and report the chain, but do not fail for it")
      ->group(group);
  command
      .add_flag("--skip-hostname-verify", check.skip_hostname_verify,
                "Accept another name and a self-signed leaf")
      ->group(group);
  command.add_option("--min-version", check.min_version, "TLSv1.0 to TLSv1.3")
      ->type_name("V")
      ->group(group);
  command.add_option("--max-version", check.max_version, "TLSv1.0 to TLSv1.3")
      ->type_name("V")
      ->group(group);
  command.add_option("--alpn", check.alpn, "Protocols to offer, in order")
      ->type_name("L")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
}

void add_check_options(CLI::App& command, import::CheckOptions& check) {
  command.add_option("--send", check.send, "Bytes to send; \\r \\n \\t \\0 \\\\ \\xNN")
      ->type_name("S");
  command.add_option("--expect", check.expect, "Text that must come back")->type_name("S");
  command.add_option("--expect-regex", check.expect_regex, "Expression that must match")
      ->type_name("R");
  command.add_option("--timeout", check.timeout, "Of one attempt, such as 500ms or 10s")
      ->type_name("D");
  command.add_option("--family", check.family, "4 or 6")->type_name("N");
  command.add_option("--source", check.source, "Address to connect from")->type_name("IP");
  command
      .add_option("--assert", check.assertions,
                  "Such as 'response_time<500' or 'certificate_expiry>30'; may be repeated")
      ->type_name("A")
      ->allow_extra_args(false);
}

}  // namespace

void add_probe_options(CLI::App& command, import::CheckOptions& check) {
  add_check_options(command, check);
  add_tls_options(command, check);
}

CLI::Option* add_target_options(CLI::App& command, TargetOptions& options) {
  CLI::Option* targets =
      command
          .add_option("TARGET", options.targets,
                      "host:port, tls://host:port, starttls+smtp://host:port, [::1]:443")
          ->required();
  add_probe_options(command, options.check);
  command.add_option("--retries", options.check.retries, "Attempts after the first")
      ->type_name("N");
  add_sweep_options(command, options.sweep);
  add_output_options(command, options.output);
  return targets;
}

int check_targets(const TargetOptions& options, Signals& signals) {
  engine::MonitorSetBuilder builder;
  bool refused = false;
  for (const std::string& target : options.targets) {
    const auto spec = import::monitor_from_target(target, options.check);
    if (!spec) {
      refused = true;
      for (const std::string& error : spec.error()) fmt::print(stderr, "tracer: {}\n", error);
    } else if (!builder.add(*spec)) {
      fmt::print(stderr, "tracer: {} is given twice\n", target);
      refused = true;
    }
  }
  if (refused) return kBadInput;
  auto configuration = sched::Configuration::load(std::move(builder).build());
  if (!configuration) {
    fmt::print(stderr, "tracer: {}\n", configuration.error());
    return kOwnTrouble;
  }
  const engine::SystemClock clock;
  const engine::MonitorSet& monitors = (*configuration)->monitors;
  Output output(options.output, monitors, monitors.size(), clock);
  ExpirySink expiry(
      options.expiry,
      [&monitors](const engine::Report& report) {
        return std::string(monitors.name(monitors.at(report.outcome.monitor)));
      },
      [](const std::string& line) { fmt::print(stderr, "tracer: {}\n", line); });
  std::vector<sched::ReportSink*> sinks{&output.sink(), &expiry};
  std::optional<ChainFileSink> save;
  if (!options.save_file.empty()) sinks.push_back(&save.emplace(options.save_file, monitors));
  SinkList all(std::move(sinks));
  const ExitStatus status = run_sweep(std::move(*configuration), options.output.location, {},
                                      options.sweep, signals, all);
  return status == kAllUp && expiry.alarmed() ? kSomeFailed : status;
}

}  // namespace tracer::cli
