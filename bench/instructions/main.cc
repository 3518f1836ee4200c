// Makes checks with the real shard and the real evaluator over a kernel in memory, so that their
// instructions can be counted: `instructions tcp 1000` makes a thousand or a few more. Nothing here
// depends on time or chance, but for keys and nonces. Prints how many it made, and what the count
// depends on beside the sources; ends with 1 if not all of them were good.

#include <gnu/libc-version.h>

#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "bench/floor/record_bytes.h"
#include "bench/instructions/memory_ring.h"
#include "engine/resolver.h"
#include "sched/evaluator.h"
#include "sched/shard.h"
#include "ssl/context.h"

namespace tracer::bench {
namespace {

static_assert(kRecordBytes == sizeof(engine::Outcome), "bench/floor/record_bytes.h is out of date");

constexpr std::uint32_t kMonitors = 1024;
constexpr std::int64_t kNowUnixMs = 1'782'864'000'000;  // 2026-07-01, as the certificates want it

class NoSink final : public sched::ReportSink {
 public:
  void write(std::span<const engine::Report>) override {}
  tl::expected<void, std::string> finish() override { return {}; }
};

engine::Assertion quicker_than(engine::Assertion::Subject subject, double milliseconds) {
  engine::Assertion assertion;
  assertion.subject = subject;
  assertion.comparison = engine::Assertion::Operator::kLessThan;
  assertion.number = milliseconds;
  return assertion;
}

engine::MonitorSpec monitor(std::uint32_t number, bool tls) {
  using Subject = engine::Assertion::Subject;
  engine::MonitorSpec spec;
  spec.host = "127.1.1." + std::to_string(number % 254 + 1);
  spec.port = static_cast<std::uint16_t>(1000 + number);
  spec.policy.interval_ms = 1000;
  engine::Assertion success;
  success.values = {"success"};
  spec.policy.assertions = {success, quicker_than(Subject::kTimeTotal, 500)};
  if (!tls) {
    spec.policy.assertions.push_back(quicker_than(Subject::kTimeConnect, 200));
    return spec;
  }
  spec.server_name = "www.example.test";
  spec.policy.tls.enabled = true;
  spec.policy.tls.ca_file = TRACER_BENCH_ROOT;
  engine::Assertion lasts;
  lasts.subject = Subject::kExpiryChain;
  lasts.comparison = engine::Assertion::Operator::kAtLeast;
  lasts.number = 14;
  spec.policy.assertions.push_back(lasts);
  return spec;
}

sched::ConfigurationRef configuration(bool tls) {
  engine::MonitorSetBuilder builder;
  for (std::uint32_t i = 0; i < kMonitors; ++i) {
    if (!builder.add(monitor(i, tls))) throw std::runtime_error("two monitors have one id");
  }
  auto loaded = sched::Configuration::load(std::move(builder).build());
  if (!loaded) throw std::runtime_error(loaded.error());
  return *loaded;
}

// Returns the summary once at least so many checks have been reported.
sched::SweepSummary check(bool tls, std::uint64_t checks, std::uint32_t planted) {
  VirtualClock clock(kNowUnixMs);
  const MemoryRing::World world{
      clock, tls ? server_context(TRACER_BENCH_CHAIN, TRACER_BENCH_KEY) : nullptr, planted};
  sched::ShardParts parts;
  parts.clock = &clock;
  parts.ring = [&world](std::uint32_t slots) {
    return tl::expected<std::unique_ptr<engine::Ring>, std::string>(
        std::make_unique<MemoryRing>(world, slots));
  };
  parts.resolver = [](engine::Ring& ring) -> decltype(parts.resolver(ring)) {
    return engine::Resolver::create({.servers = {"127.0.0.1:1"}}, ring);  // asked for nothing
  };
  std::vector<std::uint32_t> share(kMonitors);
  for (std::uint32_t i = 0; i < kMonitors; ++i) share[i] = i;
  const sched::ConfigurationRef configuration = bench::configuration(tls);
  sched::ShardOptions options;
  options.repetition = sched::Repetition::kForEver;
  sched::Wakeup wakeup;
  std::vector<std::unique_ptr<sched::Shard>> shards;
  shards.push_back(
      std::make_unique<sched::Shard>(options, parts, configuration, std::move(share), wakeup));
  sched::Shard& shard = *shards.front();
  NoSink sink;
  sched::Evaluator evaluator(configuration, shards, sink, wakeup, clock);
  if (auto prepared = shard.prepare(); !prepared) throw std::runtime_error(prepared.error());
  shard.begin();
  while (evaluator.summary().reports < checks) {
    shard.step();
    evaluator.step();
  }
  shard.drain();
  while (!evaluator.over()) {
    shard.step();
    evaluator.step();
  }
  shard.stop();
  while (shard.step()) {
  }
  return evaluator.summary();
}

// What else the count depends on: versions, and what assembly is chosen by. Under valgrind these
// are the features of the processor that it shows.
std::string toolchain() {
  std::string text = std::string(TRACER_COMPILER) + ", glibc " + gnu_get_libc_version() + ", " +
                     ssl::library_version() + ", x86:";
#if defined(__x86_64__)
  const auto feature = [&text](bool has, const char* name) { text += has ? name : ""; };
  __builtin_cpu_init();
  feature(__builtin_cpu_supports("aes"), " aes");
  feature(__builtin_cpu_supports("avx"), " avx");
  feature(__builtin_cpu_supports("avx2"), " avx2");
  feature(__builtin_cpu_supports("bmi2"), " bmi2");
  feature(__builtin_cpu_supports("avx512f"), " avx512f");
#endif
  return text;
}

constexpr const char* kUsage = "usage: instructions tcp|tls CHECKS [PLANTED]";

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw std::runtime_error(kUsage);
  return value;
}

int run(int argc, char** argv) {
  const std::string_view kind = argc > 2 ? argv[1] : "";
  if (kind != "tcp" && kind != "tls") throw std::runtime_error(kUsage);
  const auto summary = check(kind == "tls", number(argv[2]), argc > 3 ? number(argv[3]) : 0);
  const std::uint64_t up = summary.by_verdict[static_cast<std::size_t>(engine::Verdict::kUp)];
  std::printf("{\"checks\": %llu, \"up\": %llu, \"toolchain\": \"%s\"}\n",
              static_cast<unsigned long long>(summary.reports), static_cast<unsigned long long>(up),
              toolchain().c_str());
  return up == summary.reports ? 0 : 1;
}

}  // namespace
}  // namespace tracer::bench

int main(int argc, char** argv) {
  try {
    return tracer::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "instructions: error: %s\n", error.what());
    return 2;
  }
}
