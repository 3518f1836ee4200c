// The wheel with as many timers as a shard has monitors, each set anew when it fires.

#include "sched/timing_wheel.h"

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

namespace tracer::sched {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kInterval = 60'000 * kMs;

TimingWheel full_wheel(std::uint32_t timers) {
  TimingWheel wheel(timers, 0);
  std::minstd_rand random(1);
  for (TimerId timer = 0; timer < timers; ++timer) {
    wheel.schedule(timer, kMs * (1 + random() % (kInterval / kMs)));
  }
  return wheel;
}

// One timer that fires and is set again.
void Wheel_FireAndSet(benchmark::State& state) {
  TimingWheel wheel = full_wheel(static_cast<std::uint32_t>(state.range(0)));
  std::vector<TimerId> fired;
  std::int64_t now_ns = 0;
  std::int64_t all = 0;
  for (auto _ : state) {
    now_ns += kMs;
    fired.clear();
    wheel.advance(now_ns, fired);
    for (const TimerId timer : fired) wheel.schedule(timer, now_ns + kInterval);
    all += static_cast<std::int64_t>(fired.size());
  }
  state.SetItemsProcessed(all);
}
BENCHMARK(Wheel_FireAndSet)->Arg(10'000)->Arg(1'000'000);

// One deadline that is moved before it fires, as those of probes are.
void Wheel_Move(benchmark::State& state) {
  const auto timers = static_cast<std::uint32_t>(state.range(0));
  TimingWheel wheel = full_wheel(timers);
  std::minstd_rand random(2);
  for (auto _ : state) {
    wheel.schedule(static_cast<TimerId>(random() % timers), kInterval + kMs * (random() % 10'000));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Wheel_Move)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace tracer::sched
