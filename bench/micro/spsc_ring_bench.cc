// Outcomes through the ring between a shard and the evaluator.

#include "sched/spsc_ring.h"

#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/outcome.h"
#include "sched/limits.h"

namespace tracer::sched {
namespace {

using engine::Outcome;

// On one thread: what it costs without the traffic between two cores.
void Spsc_OneThread(benchmark::State& state) {
  SpscRing<Outcome> ring(limits::kOutcomeRingSize);
  std::vector<Outcome> batch(limits::kEvaluatorBatch);
  const Outcome outcome;
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch.size(); ++i) benchmark::DoNotOptimize(ring.push(outcome));
    benchmark::DoNotOptimize(ring.pop(batch));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
}
BENCHMARK(Spsc_OneThread);

// Between two, each on a core of its own where there are two.
void Spsc_TwoThreads(benchmark::State& state) {
  SpscRing<Outcome> ring(limits::kOutcomeRingSize);
  std::atomic<bool> over{false};
  std::thread producer([&] {
    const Outcome outcome;
    while (!over.load(std::memory_order_relaxed)) {
      if (!ring.push(outcome)) std::this_thread::yield();
    }
  });
  std::vector<Outcome> batch(limits::kEvaluatorBatch);
  std::int64_t all = 0;
  for (auto _ : state) {
    const std::size_t count = ring.pop(batch);
    if (count == 0) std::this_thread::yield();
    all += static_cast<std::int64_t>(count);
  }
  over.store(true);
  producer.join();
  state.SetItemsProcessed(all);
}
BENCHMARK(Spsc_TwoThreads)->UseRealTime();

}  // namespace
}  // namespace tracer::sched
