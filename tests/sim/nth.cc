// Exhaustive failure: some scenarios in which nothing is left to chance, where the n-th operation
// fails, for every n there is and in every way.

#include <cinttypes>
#include <cstdio>
#include <string>
#include <utility>

#include "tests/sim/runner.h"
#include "tests/unit/ssl/chains.h"

namespace tracer::sim {
namespace {

constexpr NthFault::Kind kKinds[] = {NthFault::Kind::kOurs, NthFault::Kind::kTargets,
                                     NthFault::Kind::kUnreachable, NthFault::Kind::kDenied,
                                     NthFault::Kind::kHangs};

struct Script {
  const char* name;
  Scenario scenario;
};

engine::IpAddress address(std::uint8_t last) {
  engine::IpAddress address{.family = 4};
  address.bytes[0] = 10;
  address.bytes[3] = last;
  return address;
}

Scenario scenario_of(ServiceKind kind) {
  Scenario scenario;
  scenario.seed = static_cast<std::uint64_t>(kind);
  scenario.calm = true;
  scenario.shard.repetition = sched::Repetition::kOnce;
  scenario.shard.slots = 8;
  Target target;
  target.service.kind = kind;
  target.temper = Temper::kPerfect;
  target.literal = true;
  target.spec.host = address(1).to_string();
  target.spec.port = kFirstPort;
  target.spec.policy.interval_ms = 60'000;
  target.spec.policy.timeout_ms = 1000;
  target.spec.policy.max_retries = 1;
  target.spec.policy.retry_delay_ms = 10;
  scenario.targets.push_back(std::move(target));
  scenario.documents.push_back({0});
  return scenario;
}

Scenario plain(ServiceKind kind) {
  Scenario scenario = scenario_of(kind);
  Target& target = scenario.targets[0];
  engine::ExchangePolicy& exchange = target.spec.policy.exchange;
  if (kind != ServiceKind::kBanner) exchange.send = target.service.request = "PING\n";
  exchange.expect = engine::ExchangePolicy::Expect::kSubstring;
  exchange.substring = kExpected;
  return scenario;
}

Scenario tls(ServiceKind kind, engine::StarttlsProtocol starttls) {
  Scenario scenario = kind == ServiceKind::kTlsEcho ? plain(kind) : scenario_of(kind);
  Target& target = scenario.targets[0];
  target.spec.server_name = ssl::testing::kHost;
  target.spec.policy.tls.enabled = true;
  target.spec.policy.tls.starttls = starttls;
  target.spec.policy.tls.ca_file = std::string(TRACER_TEST_CHAINS) + "/root.pem";
  return scenario;
}

Scenario named(engine::AddressMode mode) {
  Scenario scenario = plain(ServiceKind::kEcho);
  Target& target = scenario.targets[0];
  target.literal = false;
  target.spec.host = "named.sim.test";
  target.spec.policy.addresses = mode;
  target.spec.policy.retry_delay_ms = 31'000;  // longer than DNS's failures are remembered
  scenario.names.push_back({target.spec.host, true, {address(1), address(2), address(3)}});
  return scenario;
}

// Again and again, and then a drain.
Scenario repeated(Scenario scenario) {
  scenario.shard.repetition = sched::Repetition::kForEver;
  scenario.steps.push_back({170 * kSecond, Step::Kind::kDrain});
  return scenario;
}

}  // namespace

bool run_nth() {
  using engine::AddressMode;
  using engine::StarttlsProtocol;
  const Script scripts[] = {
      {"connect", scenario_of(ServiceKind::kOpen)},
      {"banner", plain(ServiceKind::kBanner)},
      {"send and expect", plain(ServiceKind::kEcho)},
      {"for ever", repeated(plain(ServiceKind::kEcho))},
      {"a name, any address", repeated(named(AddressMode::kAny))},
      {"a name, all addresses", named(AddressMode::kAll)},
      {"tls", tls(ServiceKind::kTls, StarttlsProtocol::kNone)},
      {"tls, send and expect", tls(ServiceKind::kTlsEcho, StarttlsProtocol::kNone)},
      {"smtp", tls(ServiceKind::kSmtp, StarttlsProtocol::kSmtp)},
      {"pop3", tls(ServiceKind::kPop3, StarttlsProtocol::kPop3)},
      {"postgres", tls(ServiceKind::kPostgres, StarttlsProtocol::kPostgres)},
  };
  bool all = true;
  for (const auto& [name, scripted] : scripts) {
    std::uint64_t runs = 0;
    for (const NthFault::Kind kind : kKinds) {
      for (std::uint64_t n = 1;; ++n) {
        Scenario scenario = scripted;
        scenario.nth = {.n = n, .kind = kind};
        const Outcome outcome = simulate(scenario);
        ++runs;
        // There is one retry and one fault, so every check comes to a good end.
        const bool up = outcome.reports > 0 && outcome.up == outcome.reports;
        if (outcome.violation || !up) {
          all = false;
          std::printf("%s, operation %" PRIu64 ", way %d: %s\n%s", name, n, static_cast<int>(kind),
                      outcome.violation ? outcome.violation->what() : "not every check is up",
                      outcome.last_events.c_str());
        }
        if (outcome.operations < n) break;
      }
    }
    std::printf("%-24s %" PRIu64 " runs\n", name, runs);
  }
  return all;
}

}  // namespace tracer::sim
