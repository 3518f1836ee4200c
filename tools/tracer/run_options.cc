#include "tools/tracer/run_options.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "engine/ares_client.h"
#include "engine/ip_address.h"

namespace tracer::cli {
namespace {

void add_networks(CLI::App& command, const std::string& name, std::vector<engine::Network>& into,
                  const std::string& help) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [name, &into](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              const auto network = engine::Network::parse(text);
              if (!network) throw CLI::ValidationError(name, text + " is not a CIDR block");
              into.push_back(*network);
            }
          },
          help)
      ->type_name("CIDR")
      ->allow_extra_args(false);
}

}  // namespace

void add_engine_options(CLI::App& command, SweepOptions& options) {
  command
      .add_option("--threads", options.shards,
                  "Shards, each with a thread and a ring (default: one a core, more where what is "
                  "in flight needs them)")
      ->check(CLI::Range(1U, 1024U));
  command
      .add_option_function<std::string>(
          "--ring",
          [&options](const std::string& name) {
            options.ring = name == "uring"   ? RingKind::kUring
                           : name == "epoll" ? RingKind::kEpoll
                                             : RingKind::kAuto;
          },
          "How to reach the kernel: io_uring, epoll, or epoll where io_uring is forbidden")
      ->check(CLI::IsMember({"auto", "uring", "epoll"}))
      ->default_str("auto");
  command
      .add_option("--resolver", options.resolvers,
                  "DNS server to ask instead of the system's; may be repeated")
      ->type_name("IP[:PORT]")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return engine::parse_dns_server(text) ? "" : text + " is not IP, IP:PORT or [IP]:PORT";
      });
}

void add_sweep_options(CLI::App& command, SweepOptions& options) {
  command.add_option("--in-flight", options.in_flight, "Probes under way at a time")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command
      .add_option("--per-address-in-flight", options.per_address_in_flight,
                  "Probes of one address under way at a time (default: no bound)")
      ->check(CLI::Range(1U, 1'000'000U))
      ->type_name("N");
  command
      .add_option("--per-address-rate", options.per_address_rate,
                  "Probes of one address started per second (default: no bound)")
      ->check(CLI::Range(1U, 1'000'000U))
      ->type_name("N");
  add_engine_options(command, options);
  add_networks(command, "--allow", options.egress.allow,
               "Connect to addresses in this block only; may be repeated");
  add_networks(command, "--deny", options.egress.deny,
               "Never connect to addresses in this block; may be repeated");
}

void add_output_options(CLI::App& command, OutputOptions& options) {
  auto* json = command.add_flag_callback(
      "--json", [&options] { options.form = OutputOptions::Form::kJson; },
      "One result a line on standard output");
  command.add_flag("--quiet,-q", options.quiet, "No output: the exit status says it")
      ->excludes(json);
  command.add_flag("--all", options.all, "Every line of a large table, not only what is not up");
}

}  // namespace tracer::cli
