#include "tools/fleetsim/options.h"

// gcc 12, optimising, sees null pointers in what CLI11 inlines.
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <CLI/CLI.hpp>

namespace tracer::fleetsim {
namespace {

constexpr int kBadUsage = 2;

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  Options options;
  EmitOptions& emit = options.emit;
  bool list = false;
  bool demo = false;
  std::string mix = "healthy";

  CLI::App app(
      "A fleet of simulated TCP and TLS services on the loopback addresses, good and bad ones, "
      "for demos, tests and benchmarks.",
      "fleetsim");
  auto* modes = app.add_option_group("what to do", "One of these:");
  modes->add_flag("--demo", demo, "Serve until SIGTERM or SIGINT; prints 'ready base_port=N'");
  modes->add_flag("--list", list, "Print the services");
  auto* emit_option = modes->add_option("--emit", emit.count, "Print N monitors as JSON")
                          ->type_name("N")
                          ->check(CLI::Range(std::uint64_t{1}, kMaxEmitted));
  modes->require_option(1);

  app.add_option("--base-port", options.base_port,
                 "First of the contiguous ports; 0 with --demo: some free range")
      ->type_name("PORT")
      ->capture_default_str()
      ->check(CLI::Range(0, 65536 - kPortRange));
  app.add_flag("--json", options.json, "--list as JSON");

  app.add_option("--workers", options.workers, "Threads that serve")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--leaves", options.leaves,
                 "Certificates that tls13 presents in turn, instead of one")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--idle-timeout", options.idle_timeout_s,
                 "Seconds after which a connection that says nothing is closed")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 86400.0));
  app.add_flag("--until-stdin-closes", options.until_stdin_closes,
               "Stop serving when standard input ends, too");
  app.add_option("--ca-out", options.ca_out, "Write the root certificate (PEM) to FILE")
      ->type_name("FILE");
  app.add_option("--client-cert-out", options.client_cert_out,
                 "Write a client certificate with its chain (PEM) to FILE")
      ->type_name("FILE");
  app.add_option("--client-key-out", options.client_key_out,
                 "Write that certificate's key (PEM) to FILE")
      ->type_name("FILE");

  app.add_option("--tls-share", emit.tls_share, "Share of the emitted monitors that use TLS")
      ->type_name("F")
      ->default_str("0.333")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--mix", mix, "Services to emit: healthy by weight, or all, failing ones too")
      ->capture_default_str()
      ->check(CLI::IsMember({"healthy", "all"}));
  app.add_option("--only", emit.only, "Emit these services alone")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_flag("--ndjson", emit.ndjson, "Emit one monitor a line");
  app.add_option("--ca-file", emit.ca_file, "CA file named in emitted monitors")
      ->type_name("FILE")
      ->capture_default_str();

  try {
    app.parse(argc, argv);
    if (!demo && options.base_port == 0) {
      throw CLI::ValidationError("--base-port", "0 is for --demo alone");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  options.mode = list ? Mode::kList : emit_option->count() > 0 ? Mode::kEmit : Mode::kServe;
  emit.failing_too = mix == "all";
  emit.base_port = options.base_port;
  return options;
}

}  // namespace tracer::fleetsim
