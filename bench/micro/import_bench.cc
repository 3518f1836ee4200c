// Documents of monitors of about 250 bytes each, from text to a ready set.

#include "tools/tracer/import/import.h"

#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include <iterator>
#include <string>

namespace tracer::import {
namespace {

std::string json_lines(std::int64_t monitors) {
  std::string text;
  for (std::int64_t i = 0; i < monitors; ++i) {
    fmt::format_to(std::back_inserter(text),
                   R"({{"name":"web {0}","id":"web-{0}","host":"host-{0}.example.org","port":443,)"
                   R"("interval":"60s","timeout":"10s","labels":{{"env":"prod","team":"core"}},)"
                   R"("tls":{{"server_name":"host-{0}.example.org"}},)"
                   R"("assertions":[{{"type":"response_time","less_than":500}}]}})"
                   "\n",
                   i);
  }
  return text;
}

std::string yaml(std::int64_t monitors) {
  std::string text = "monitors:\n";
  for (std::int64_t i = 0; i < monitors; ++i) {
    fmt::format_to(std::back_inserter(text),
                   "  - name: web {0}\n"
                   "    id: web-{0}\n"
                   "    host: host-{0}.example.org\n"
                   "    port: 443\n"
                   "    interval: 60s\n"
                   "    timeout: 10s\n"
                   "    labels: {{env: prod, team: core}}\n"
                   "    tls: {{server_name: host-{0}.example.org}}\n"
                   "    assertions: [{{type: response_time, less_than: 500}}]\n",
                   i);
  }
  return text;
}

void import(benchmark::State& state, const std::string& text, DocumentFormat format) {
  for (auto _ : state) {
    const ImportResult result = import_text(text, "monitors", format, {.check_files = false});
    if (!result.ok() || result.monitors.size() != static_cast<std::size_t>(state.range(0))) {
      state.SkipWithError(format_errors(result).c_str());
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void Import_Json(benchmark::State& state) {
  import(state, json_lines(state.range(0)), DocumentFormat::kJson);
}
void Import_Yaml(benchmark::State& state) {
  import(state, yaml(state.range(0)), DocumentFormat::kYaml);
}
BENCHMARK(Import_Json)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(Import_Yaml)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tracer::import
