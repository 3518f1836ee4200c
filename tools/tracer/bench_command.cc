#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "engine/clock.h"
#include "sched/fleet.h"
#include "tools/tracer/commands.h"
#include "tools/tracer/exit_status.h"
#include "tools/tracer/load/load_options.h"
#include "tools/tracer/load/load_report.h"
#include "tools/tracer/load/load_sink.h"
#include "tools/tracer/load/ownership.h"
#include "tools/tracer/process_facts.h"
#include "tools/tracer/run_options.h"
#include "tools/tracer/standard_output.h"
#include "tools/tracer/sweep.h"
#include "tools/tracer/target_command.h"

namespace tracer::cli {
namespace {

struct BenchOptions {
  std::string target;
  import::CheckOptions check;
  LoadOptions load;
  SweepOptions sweep;  // how many threads, which ring and resolver, how connections end
  bool owned = false;
  bool json = false;
  bool quiet = false;
};

std::uint64_t cpu_ns() {
  const ProcessFacts facts = read_process_facts();
  return facts.cpu_user_ns + facts.cpu_system_ns;
}

class Bench {
 public:
  Bench(const BenchOptions& options, const engine::MonitorSpec& spec, Signals& signals)
      : options_(options), signals_(signals), terminal_(isatty(STDERR_FILENO) != 0) {
    facts_.host = spec.host;
    facts_.port = spec.port;
    facts_.tls = spec.policy.tls.enabled;
    if (spec.policy.tls.starttls != engine::StarttlsProtocol::kNone) {
      facts_.starttls = engine::starttls_name(spec.policy.tls.starttls);
    }
    facts_.options = options.load;
    facts_.resets = options.sweep.resets;
    facts_.bound_source = spec.policy.source_address.family != 0;
  }

  int run(sched::ConfigurationRef configuration) {
    sched::FleetOptions fleet = options_of_fleet();
    if (!options_.owned) {
      const engine::CheckPolicy& policy = configuration->monitors.policy_at(0);
      const auto addresses = addresses_of(facts_.host, policy.ip_family, fleet.parts);
      const std::string refusal =
          addresses ? ownership_refusal(facts_.host, *addresses) : addresses.error();
      if (!refusal.empty()) {
        fmt::print(stderr, "tracer: {}\n", refusal);
        return kBadInput;
      }
      fleet.shard.egress = loopback_only();  // a name may come to mean something else meanwhile
    }
    return make_load(fleet, std::move(configuration));
  }

 private:
  sched::FleetOptions options_of_fleet() {
    SweepOptions sweep = options_.sweep;
    sweep.in_flight = options_.load.in_flight;
    sweep.once = false;  // the one monitor does not bound what is in flight
    sched::FleetOptions fleet = fleet_options(sweep, 1, clock_);
    const std::uint64_t room = fleet.shard.slots < sweep.in_flight / fleet.shards
                                   ? std::uint64_t{fleet.shard.slots} * fleet.shards
                                   : std::uint64_t{descriptor_limit()} * fleet.shards;
    facts_.in_flight =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(room, options_.load.in_flight));
    facts_.threads = fleet.shards;
    fleet.shard.load = options_.load.plan();
    fleet.shard.load->in_flight = facts_.in_flight;
    fleet.on_started = [this] {
      facts_.started_unix_ms = clock_.unix_ms();
      facts_.cpu_ns = cpu_ns();
    };
    return fleet;
  }

  int make_load(const sched::FleetOptions& options, sched::ConfigurationRef configuration) {
    const Presentation presentation = choose_presentation(read_terminal(STDERR_FILENO));
    LoadSink sink({options_.quiet ? -1 : STDERR_FILENO, terminal_, presentation},
                  options_.load.open_loop(), clock_);
    sched::Fleet fleet(options, std::move(configuration), sink);
    sink.watch([&fleet] { return fleet.snapshot(); });
    signals_.attach([this, &fleet](int count) { stop(fleet, count); });
    const auto summary = fleet.run();
    facts_.interrupted = signals_.count() > 0;
    signals_.release();
    facts_.cpu_ns = cpu_ns() - facts_.cpu_ns;
    (void)sink.finish();
    if (!summary) {
      fmt::print(stderr, "tracer: {}\n", summary.error());
      return kOwnTrouble;
    }
    const sched::Restraints restraints = fleet.restraints();
    facts_.missed = restraints.skipped;
    facts_.held_ns = restraints.held_ns;
    return report(sink.tally());
  }

  // The first signal asks to stop gently, the second at once.
  void stop(sched::Fleet& fleet, int signals) const {
    if (signals > 1) {
      fleet.abort();
      return;
    }
    fmt::print(stderr, "{}tracer: ending when what is under way has ended; again to end at once\n",
               terminal_ ? "\r\x1b[K" : "");
    fleet.drain();
  }

  int report(const LoadTally& tally) const {
    std::string text;
    if (options_.json) {
      text = load_json(tally, facts_);
    } else if (!options_.quiet) {
      text = load_text(tally, facts_, choose_presentation(read_terminal(STDOUT_FILENO)));
    }
    if (!print_output(text)) return kOwnTrouble;
    if (tally.succeeded() + tally.failed() == 0) {
      fmt::print(stderr, "tracer: nothing was measured\n");
      return kOwnTrouble;
    }
    return tally.failed() + facts_.missed == 0 ? kAllUp : kSomeFailed;
  }

  const BenchOptions& options_;
  Signals& signals_;
  const bool terminal_;
  const engine::SystemClock clock_;
  LoadFacts facts_;
};

int bench(const BenchOptions& options, Signals& signals) {
  const auto spec = import::monitor_from_target(options.target, options.check);
  if (!spec) {
    for (const std::string& error : spec.error()) fmt::print(stderr, "tracer: {}\n", error);
    return kBadInput;
  }
  engine::MonitorSetBuilder builder;
  (void)builder.add(*spec);
  auto configuration = sched::Configuration::load(std::move(builder).build());
  if (!configuration) {
    fmt::print(stderr, "tracer: {}\n", configuration.error());
    return kOwnTrouble;
  }
  return Bench(options, *spec, signals).run(std::move(*configuration));
}

}  // namespace

void add_bench_command(CLI::App& app, Work& work) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command =
      app.add_subcommand("bench", "Load a server of your own: connects or handshakes, percentiles");
  command->add_option("TARGET", options->target, "host:port, tls://host:port, [::1]:443")
      ->required();
  add_load_options(*command, options->load);
  command->add_flag("--i-own-this-target", options->owned,
                    "Allow a target that is not on this machine's loopback");
  add_probe_options(*command, options->check);
  add_engine_options(*command, options->sweep);
  command->add_flag("--reset", options->sweep.resets,
                    "End each connection by a reset, so that its local port is free at once");
  command->add_flag("--json", options->json, "One object on standard output at the end");
  command->add_flag("--quiet,-q", options->quiet,
                    "No line a second, and without --json no result: the exit status says it");
  command->callback([options, &work] {
    work = [options](Signals& signals) { return bench(*options, signals); };
  });
}

}  // namespace tracer::cli
