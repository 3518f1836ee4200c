#include "tools/tracer/control/run_sample.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "tools/tracer/build_info.h"

namespace tracer::cli {
namespace {

std::optional<double> hit_share(std::uint64_t hits, std::uint64_t misses) {
  if (hits + misses == 0) return std::nullopt;
  return static_cast<double>(hits) / static_cast<double>(hits + misses);
}

}  // namespace

RunSample sample_of(const sched::Fleet& fleet) {
  return {std::string(build_info::kVersion), fleet.snapshot(), read_process_facts()};
}

RunInterval interval_between(const RunSample& earlier, const RunSample& now) {
  const sched::Snapshot& before = earlier.run;
  const sched::Snapshot& after = now.run;
  RunInterval interval;
  interval.seconds = static_cast<double>(after.uptime_ns - before.uptime_ns) / 1e9;
  const auto rate = [&interval](std::uint64_t from, std::uint64_t to) {
    return interval.seconds > 0 ? static_cast<double>(to - from) / interval.seconds : 0;
  };
  interval.checks_per_second = rate(before.evaluated.reports, after.evaluated.reports);
  for (std::size_t i = 0; i < interval.verdicts_per_second.size(); ++i) {
    interval.verdicts_per_second[i] =
        rate(before.evaluated.by_verdict[i], after.evaluated.by_verdict[i]);
  }
  for (std::size_t i = 0; i < interval.failures_per_second.size(); ++i) {
    interval.failures_per_second[i] =
        rate(before.evaluated.by_failure[i], after.evaluated.by_failure[i]);
  }
  for (std::size_t i = 0; i < interval.lateness.size(); ++i) {
    interval.lateness[i] = after.lateness[i] - before.lateness[i];
  }
  interval.skipped = after.shards.skipped - before.shards.skipped;
  const auto cpu_ns =
      static_cast<double>(now.process.cpu_user_ns + now.process.cpu_system_ns -
                          earlier.process.cpu_user_ns - earlier.process.cpu_system_ns);
  const std::uint64_t checks = after.evaluated.reports - before.evaluated.reports;
  if (interval.seconds > 0) interval.cpu_share = cpu_ns / 1e9 / interval.seconds;
  if (checks > 0) interval.cpu_us_per_check = cpu_ns / 1e3 / static_cast<double>(checks);
  interval.name_hit_share = hit_share(after.shards.names.hits - before.shards.names.hits,
                                      after.shards.names.misses - before.shards.names.misses);
  interval.chain_hit_share = hit_share(after.shards.chain_hits - before.shards.chain_hits,
                                       after.shards.chain_misses - before.shards.chain_misses);
  return interval;
}

std::vector<engine::FailureCode> frequent_failures(const RunSample& earlier, const RunSample& now) {
  const auto& before = earlier.run.evaluated.by_failure;
  const auto& after = now.run.evaluated.by_failure;
  std::vector<engine::FailureCode> codes;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i] > 0) codes.push_back(static_cast<engine::FailureCode>(i));
  }
  const auto weight = [&](engine::FailureCode code) {
    const auto i = static_cast<std::size_t>(code);
    return std::pair(after[i] - before[i], after[i]);
  };
  std::ranges::stable_sort(codes, std::greater{}, weight);
  return codes;
}

bool same_run(const RunSample& earlier, const RunSample& now) {
  return earlier.process.pid == now.process.pid && earlier.run.uptime_ns <= now.run.uptime_ns &&
         earlier.run.begun <= now.run.begun;
}

}  // namespace tracer::cli
