// Outcomes through the evaluator: three assertions each, a verdict, the monitor's history.

#include "sched/evaluator.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/sinks/sample_reports.h"

namespace tracer::sched {
namespace {

using engine::Assertion;
using engine::Outcome;

constexpr std::uint32_t kMonitors = 10'000;

class NoSink final : public ReportSink {
 public:
  void write(std::span<const engine::Report> reports) override {
    benchmark::DoNotOptimize(reports.data());
  }
  tl::expected<void, std::string> finish() override { return {}; }
};

Assertion number(Assertion::Subject subject, Assertion::Operator comparison, double value) {
  Assertion assertion;
  assertion.subject = subject;
  assertion.comparison = comparison;
  assertion.number = value;
  return assertion;
}

ConfigurationRef configuration(bool tls) {
  Assertion success;
  success.values = {"success"};
  engine::MonitorSpec spec;
  spec.host = "127.0.0.1";
  spec.policy.assertions = {
      success, number(Assertion::Subject::kTimeTotal, Assertion::Operator::kLessThan, 500),
      tls ? number(Assertion::Subject::kExpiryChain, Assertion::Operator::kAtLeast, 14)
          : number(Assertion::Subject::kTimeConnect, Assertion::Operator::kLessThan, 200)};
  engine::MonitorSetBuilder builder;
  for (std::uint32_t i = 0; i < kMonitors; ++i) {
    spec.port = static_cast<std::uint16_t>(1 + i);
    (void)builder.add(spec);
  }
  return Configuration::load(std::move(builder).build()).value();
}

// What a shard does, filling its ring, is not counted; taking the outcomes out of it is.
void evaluate(benchmark::State& state, bool tls) {
  const engine::SystemClock clock;
  const ConfigurationRef configuration = sched::configuration(tls);
  Wakeup wakeup;
  NoSink sink;
  std::vector<std::unique_ptr<Shard>> shards;
  shards.push_back(std::make_unique<Shard>(ShardOptions{}, ShardParts{{}, {}, &clock},
                                           configuration, std::vector<std::uint32_t>{}, wakeup));
  Evaluator evaluator(configuration, shards, sink, wakeup, clock);
  auto sample = cli::samples::tls_success(0);
  Outcome outcome = sample.outcome();
  if (!tls) {
    outcome.chain = nullptr;
    outcome.tls = {};
  }
  std::uint32_t monitor = 0;
  SpscRing<Outcome>& ring = shards.front()->outcomes();
  for (auto _ : state) {
    state.PauseTiming();
    for (std::size_t i = 0; i < ring.capacity(); ++i) {
      outcome.monitor = monitor++ % kMonitors;
      if (tls) (void)ssl::ChainRef(outcome.chain).release();  // the one that travels
      ring.push(outcome);
    }
    state.ResumeTiming();
    while (evaluator.step() > 0) {
    }
  }
  if (evaluator.summary().by_verdict[static_cast<std::size_t>(engine::Verdict::kUp)] !=
      evaluator.summary().reports) {
    state.SkipWithError("not every outcome was judged to be good");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(evaluator.summary().reports));
}

void Evaluator_Tcp(benchmark::State& state) { evaluate(state, false); }
void Evaluator_Tls(benchmark::State& state) { evaluate(state, true); }
BENCHMARK(Evaluator_Tcp);
BENCHMARK(Evaluator_Tls);

}  // namespace
}  // namespace tracer::sched
