// A report as a line of JSON.

#include "tools/tracer/sinks/report_json.h"

#include <benchmark/benchmark.h>

#include <string>

#include "tests/unit/sinks/sample_reports.h"

namespace tracer::cli {
namespace {

void write(benchmark::State& state, const samples::Sample& sample,
           const engine::MonitorSet& monitors) {
  const engine::Report report = sample.judged(monitors);
  const Reporter reporter{"local", "bench"};
  std::string line;
  for (auto _ : state) {
    line.clear();
    append_report_json(line, report, monitors, reporter);
    benchmark::DoNotOptimize(line.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}

void ReportJson_Tcp(benchmark::State& state) {
  const auto monitors = samples::monitor_set({samples::redis_monitor()});
  const auto sample = samples::redis_success(0);
  write(state, sample, monitors);
}
void ReportJson_Tls(benchmark::State& state) {
  const auto monitors = samples::monitor_set({samples::tls_monitor()});
  const auto sample = samples::tls_success(0);
  write(state, sample, monitors);
}
BENCHMARK(ReportJson_Tcp);
BENCHMARK(ReportJson_Tls);

}  // namespace
}  // namespace tracer::cli
