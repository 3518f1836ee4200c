#include <unistd.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "engine/clock.h"
#include "tools/tracer/commands.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/import/notation.h"
#include "tools/tracer/sinks/chain_file_sink.h"
#include "tools/tracer/sinks/chain_pem.h"
#include "tools/tracer/sinks/stored_chain_text.h"
#include "tools/tracer/sinks/timestamp.h"
#include "tools/tracer/standard_output.h"
#include "tools/tracer/stored_chain.h"
#include "tools/tracer/target_command.h"

namespace tracer::cli {
namespace {

struct CertOptions {
  TargetOptions live;
  StoredChainOptions stored;
};

void add_threshold(CLI::App& command, const std::string& name, std::optional<std::int64_t>& into,
                   const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [name, &into](const std::string& text) {
            const auto before_ms = import::parse_duration(text, import::kDay);
            if (!before_ms || *before_ms < 0) {
              throw CLI::ValidationError(name, text + " is not a duration such as 30d");
            }
            into = static_cast<std::int64_t>(*before_ms / 1000);
          },
          help)
      ->type_name("D")
      ->group("Expiry");
}

void add_stored_options(CLI::App& command, StoredChainOptions& options) {
  const std::string group = "Stored chain";
  auto* file = command.add_option("--file", options.file, "Judge the chain in this file, offline");
  file->type_name("CHAIN.pem")->group(group);
  const auto belongs = [&](CLI::Option* option) { return option->needs(file)->group(group); };
  belongs(command.add_option("--name", options.name, "The name it must be for (default: any)"))
      ->type_name("HOST");
  belongs(command.add_option_function<std::string>(
              "--at",
              [&options](const std::string& text) {
                options.at_s = parse_rfc3339(text);
                if (!options.at_s) {
                  throw CLI::ValidationError("--at", text + " is not such as 2026-07-01T00:00:00Z");
                }
              },
              "The time to judge it for (default: now)"))
      ->type_name("RFC3339");
  belongs(command.add_option_function<std::string>(
              "--profile",
              [&options](const std::string& name) {
                options.profile = name == "strict" ? ssl::Profile::kStrict : ssl::Profile::kClients;
              },
              "strict: every rule for issuers; clients: what TLS clients refuse"))
      ->check(CLI::IsMember({"strict", "clients"}))
      ->default_str("strict");
  belongs(command.add_option("--ocsp", options.ocsp_file, "An OCSP response about the leaf (DER)"))
      ->type_name("FILE");
  belongs(command.add_option("--max-intermediates", options.max_intermediates,
                             "Between leaf and root, the self-issued not counted"))
      ->check(CLI::Range(0, 10))
      ->type_name("N");
}

// Exactly one of the two.
void check_subject(const CertOptions& options) {
  if (options.stored.file.empty() && options.live.targets.empty()) {
    throw CLI::RequiredError("TARGET or --file");
  }
  if (!options.stored.file.empty() && !options.live.targets.empty()) {
    throw CLI::ExcludesError("TARGET", "--file");
  }
}

std::string text_of(const StoredChain& chain, const OutputOptions& output) {
  using Form = OutputOptions::Form;
  if (output.quiet) return {};
  if (output.form == Form::kJson) return stored_chain_json(chain);
  const ssl::ChainReport* report = chain.judgement.chain.get();
  if (output.form == Form::kPem) return report != nullptr ? chain_pem(*report) : std::string();
  return stored_chain_card(chain, choose_presentation(read_terminal(STDOUT_FILENO)));
}

int judge_file(const CertOptions& options) {
  StoredChainOptions stored = options.stored;
  stored.ca_file = options.live.check.ca_file.value_or("");
  stored.crl_files = options.live.check.crl_files;
  const auto chain = judge_stored_chain(stored, engine::SystemClock().unix_ms() / 1000);
  if (!chain) {
    fmt::print(stderr, "tracer: {}\n", chain.error());
    return kBadInput;
  }
  const ssl::ChainReport* report = chain->judgement.chain.get();
  if (!print_output(text_of(*chain, options.live.output))) return kOwnTrouble;
  if (!options.live.save_file.empty() && report != nullptr) {
    if (const auto saved = write_file(options.live.save_file, chain_pem(*report)); !saved) {
      fmt::print(stderr, "tracer: {}\n", saved.error());
      return kOwnTrouble;
    }
  }
  const ExpiryAlarm alarm = report != nullptr ? expiry_alarm(report->earliest_expiry_s,
                                                             chain->judged_s, options.live.expiry)
                                              : ExpiryAlarm::kNone;
  if (alarm != ExpiryAlarm::kNone) {
    fmt::print(stderr, "tracer: {}\n", expiry_line(alarm, chain->file, *report, chain->judged_s));
  }
  if (engine::failure_info(chain->failure).ours) return kOwnTrouble;
  const bool bad = chain->failure != engine::FailureCode::kNone || alarm != ExpiryAlarm::kNone;
  return bad ? kSomeFailed : kAllUp;
}

}  // namespace

void add_cert_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<CertOptions>();
  CLI::App* command =
      app.add_subcommand("cert", "Show the certificate chains of targets, or judge a stored one");
  // TLS is the point here: a plain host:port is a TLS target, behind STARTTLS where its port says.
  options->live.check.tls = true;
  options->live.output.form = OutputOptions::Form::kCertificateCard;
  add_target_options(*command, options->live)->required(false);
  command->add_flag_callback(
      "--pem", [options] { options->live.output.form = OutputOptions::Form::kPem; },
      "The presented chain as PEM");
  command->add_option("--save", options->live.save_file, "Write the presented chain to this file")
      ->type_name("FILE");
  add_threshold(*command, "--warn", options->live.expiry.warn_s,
                "Exit status 1 and a WARNING with less than this left, such as 30d");
  add_threshold(*command, "--crit", options->live.expiry.crit_s,
                "Exit status 1 and a CRITICAL with less than this left, such as 7d");
  add_stored_options(*command, options->stored);
  command->callback([options, &work] {
    check_subject(*options);
    work = [options](Signals& signals) {
      return options->stored.file.empty() ? check_targets(options->live, signals)
                                          : judge_file(*options);
    };
  });
}

}  // namespace tracer::cli
