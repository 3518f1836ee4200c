// The judging of a chain of two below a root: when its signatures have been checked before, and
// when not.

#include "ssl/trust.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "tests/unit/ssl/chains.h"

namespace tracer::ssl {
namespace {

struct Presented {
  std::vector<testing::Der> certificates = testing::certificates({"p256", "intermediate"});
  std::vector<Bytes> views = testing::spans(certificates);
  std::shared_ptr<const TrustStore> roots = testing::store({"root"});

  bool is_good_to(ChainJudge& judge) const {
    return judge.judge(views, *roots, testing::kHost, testing::kNow).problems == 0;
  }
};

void Trust_Hit(benchmark::State& state) {
  const Presented presented;
  ChainJudge judge(16);
  for (auto _ : state) {
    if (!presented.is_good_to(judge)) state.SkipWithError("the chain is not valid");
  }
  if (judge.statistics().misses != 1) state.SkipWithError("the chain was not remembered");
}
BENCHMARK(Trust_Hit);

void Trust_Miss(benchmark::State& state) {
  const Presented presented;
  for (auto _ : state) {
    ChainJudge judge(16);
    if (!presented.is_good_to(judge)) state.SkipWithError("the chain is not valid");
  }
}
BENCHMARK(Trust_Miss);

}  // namespace
}  // namespace tracer::ssl
