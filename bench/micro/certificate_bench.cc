// The DER reader: one certificate, from bytes to facts.

#include "ssl/certificate.h"

#include <benchmark/benchmark.h>

#include <string>

#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

void Certificate_Read(benchmark::State& state, const std::string& name) {
  const testing::Der der = testing::certificate(name);
  for (auto _ : state) {
    auto facts = read_certificate(der);
    if (!facts) state.SkipWithError(facts.error().message.c_str());
    benchmark::DoNotOptimize(facts);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(der.size()));
}
BENCHMARK_CAPTURE(Certificate_Read, p256, "p256");
BENCHMARK_CAPTURE(Certificate_Read, rsa2048, "rsa2048");

}  // namespace
}  // namespace tracer::ssl
