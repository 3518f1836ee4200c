#include "tests/sim/runner.h"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <utility>

#include "tests/sim/world.h"

namespace tracer::sim {
namespace {

// For whoever looks at what an assertion of the code under test has left behind. A signal's
// handler can be told of it in no other way.
volatile std::sig_atomic_t current_high = 0;
volatile std::sig_atomic_t current_low = 0;

void on_abort(int) {
  const std::uint64_t seed = static_cast<std::uint64_t>(static_cast<std::uint32_t>(current_high))
                                 << 32 |
                             static_cast<std::uint32_t>(current_low);
  char text[120];
  const int length =
      std::snprintf(text, sizeof text, "\nseed %" PRIu64 " ends in an assertion\n", seed);
  (void)!write(STDERR_FILENO, text, static_cast<std::size_t>(length));
}

void remember(std::uint64_t seed) {
  current_high = static_cast<std::sig_atomic_t>(seed >> 32);
  current_low = static_cast<std::sig_atomic_t>(seed & 0xffffffff);
  (void)std::signal(SIGABRT, &on_abort);
}

}  // namespace

Outcome simulate(const Scenario& scenario, Canary canary, bool verbose) {
  remember(scenario.seed);
  Outcome outcome;
  Trace trace(verbose);
  World world(scenario, canary, trace);
  try {
    world.run();
  } catch (const Violation& violation) {
    outcome.violation = violation;
    outcome.last_events = trace.last_events();
  }
  outcome.hash = trace.hash();
  outcome.events = trace.events();
  outcome.operations = world.operations();
  outcome.reports = world.reports();
  outcome.up = world.summary().by_verdict[static_cast<std::size_t>(engine::Verdict::kUp)];
  outcome.simulated_ns = world.simulated_ns();
  outcome.counts = world.counts();
  return outcome;
}

bool Runner::run(std::uint64_t seed) {
  const Scenario scenario = make_scenario(seed, options_.restrictions);
  Outcome outcome = simulate(scenario, Canary::kNone, options_.verbose);
  if (options_.twice && !outcome.violation) {
    if (simulate(scenario).hash != outcome.hash) {
      outcome.violation = Violation(Invariant::kDeterminism, "another trace the second time");
    }
  }
  ++seeds_;
  counts_.add(outcome.counts);
  events_ += outcome.events;
  reports_ += outcome.reports;
  simulated_ns_ += outcome.simulated_ns;
  hash_ = hash_ * 31 + outcome.hash;
  if (!outcome.violation) return true;
  ++failed_;
  std::printf("\nseed %" PRIu64 " violates %s\nThe last events:\n%sReplay:\n  %s --verbose\n", seed,
              outcome.violation->what(), outcome.last_events.c_str(),
              replay(seed, options_.restrictions).c_str());
  std::fflush(stdout);
  return false;
}

std::string Runner::replay(std::uint64_t seed, const Restrictions& restrictions) const {
  std::string command = options_.program + " --seed " + std::to_string(seed);
  if (restrictions.most_targets != SIZE_MAX) {
    command += " --monitors " + std::to_string(restrictions.most_targets);
  }
  if (!restrictions.tls) command += " --no-tls";
  for (const Fault fault : restrictions.without) {
    command += " --without " + std::to_string(static_cast<int>(fault));
  }
  return command;
}

void Runner::shrink(std::uint64_t seed) const {
  Restrictions least = options_.restrictions;
  const auto failure = simulate(make_scenario(seed, least)).violation;
  if (!failure) {
    std::printf("seed %" PRIu64 " does not fail\n", seed);
    return;
  }
  const auto fails = [&](const Restrictions& tried) {
    const auto violation = simulate(make_scenario(seed, tried)).violation;
    return violation && violation->invariant() == failure->invariant();
  };
  const auto try_to = [&](auto restrict) {
    Restrictions tried = least;
    restrict(tried);
    if (!fails(tried)) return false;
    least = std::move(tried);
    return true;
  };
  (void)try_to([](Restrictions& tried) { tried.tls = false; });
  std::size_t targets = make_scenario(seed, least).targets.size();
  for (std::size_t less = targets / 2; less > 0; less /= 2) {
    while (targets > less &&
           try_to([&](Restrictions& tried) { tried.most_targets = targets - less; })) {
      targets -= less;
    }
  }
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (make_scenario(seed, least).faults.weight(fault) == 0) continue;
    (void)try_to([&](Restrictions& tried) { tried.without.push_back(fault); });
  }
  const Scenario scenario = make_scenario(seed, least);
  std::printf("With %zu monitors it still violates %s; of the faults are left:\n",
              scenario.targets.size(), failure->what());
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (scenario.faults.weight(fault) > 0) std::printf("  %s\n", fault_name(fault));
  }
  std::printf("Replay:\n  %s --verbose\n", replay(seed, least).c_str());
}

void Runner::print(bool table) const {
  if (table) std::printf("%s", counts_.table().c_str());
  std::printf("%" PRIu64 " seeds, %" PRIu64 " failed; %" PRIu64
              " checks in %.1f simulated hours, %" PRIu64 " events, trace %016" PRIx64 "\n",
              seeds_, failed_, reports_, static_cast<double>(simulated_ns_) / 3600e9, events_,
              hash_);
}

bool run_canaries(std::uint64_t seeds) {
  bool all = true;
  for (const CanaryInfo& info : canaries()) {
    std::optional<Violation> violation;
    std::uint64_t seed = 0;
    while (!violation && seed < seeds) {
      const Scenario scenario = make_scenario(++seed, {});
      Outcome outcome = simulate(scenario, info.canary);
      violation = std::move(outcome.violation);
      // That one is found by comparison alone.
      const bool compares = info.canary == Canary::kForgetsSeed && !violation;
      if (compares && simulate(scenario, info.canary).hash != outcome.hash) {
        violation = Violation(Invariant::kDeterminism, "another trace the second time");
      }
    }
    const bool found = violation && violation->invariant() == info.caught_by;
    all = all && found;
    std::printf(
        "%-18s %s %s\n", info.name, found ? "caught by seed" : "NOT CAUGHT, seed",
        (std::to_string(seed) + (violation ? std::string(": ") + violation->what() : "")).c_str());
  }
  return all;
}

}  // namespace tracer::sim
