// The engine inside another program: checks one TLS service and prints what was found.
//   embed HOST PORT [CA_FILE]
#include <cstdlib>
#include <iostream>

#include "engine/resolver.h"
#include "engine/uring_ring.h"
#include "sched/fleet.h"

using namespace tracer;

struct PrintSink final : sched::ReportSink {
  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) {
      std::cout << engine::verdict_name(report.verdict) << ' '
                << engine::failure_info(report.failure).name;
      if (const auto* chain = report.outcome.chain) {
        std::cout << ' ' << chain->certificates.front().subject;
      }
      std::cout << '\n';
    }
  }
  tl::expected<void, std::string> finish() override { return {}; }
};

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  engine::MonitorSpec monitor;
  monitor.host = argv[1];
  monitor.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  monitor.policy.tls.enabled = true;
  if (argc > 3) monitor.policy.tls.ca_file = argv[3];
  engine::MonitorSetBuilder builder;
  (void)builder.add(monitor);
  auto configuration = sched::Configuration::load(std::move(builder).build());
  if (!configuration) {
    std::cerr << configuration.error() << '\n';
    return 1;
  }

  const engine::SystemClock clock;
  sched::FleetOptions options;
  options.shard.slots = 1;
  options.parts.clock = &clock;
  options.parts.ring = engine::create_uring_ring;
  options.parts.resolver = [](engine::Ring& ring) { return engine::Resolver::create({}, ring); };
  PrintSink sink;
  const auto summary = sched::Fleet(options, std::move(*configuration), sink).run();
  if (!summary) std::cerr << summary.error() << '\n';
  return summary && summary->by_verdict[0] == 1 ? 0 : 1;
}
