#include "tools/tracer/sinks/stats_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace tracer::cli {
namespace {

constexpr std::size_t kMostFailures = 5;  // a line is to stay one that people read

// "; failed: connection_refused 12, dns_timeout 3"; nothing where nothing has.
std::string failures_text(const RunSample& earlier, const RunSample& now) {
  const std::vector<engine::FailureCode> codes = frequent_failures(earlier, now);
  std::string text;
  for (std::size_t i = 0; i < std::min(codes.size(), kMostFailures); ++i) {
    text +=
        fmt::format("{}{} {}", i == 0 ? "; failed: " : ", ", engine::failure_info(codes[i]).name,
                    now.run.evaluated.by_failure[static_cast<std::size_t>(codes[i])]);
  }
  if (codes.size() > kMostFailures) {
    text += fmt::format(" and {} codes more", codes.size() - kMostFailures);
  }
  return text;
}

}  // namespace

std::string stats_line(const RunSample& earlier, const RunSample& now) {
  const RunInterval interval = interval_between(earlier, now);
  const auto late_ms = [&interval](double share) {
    return static_cast<double>(sched::Histogram::quantile_ns(interval.lateness, share)) / 1e6;
  };
  const sched::Snapshot& run = now.run;
  std::string line = fmt::format(
      "stats: {:.1f} checks/s, {} in flight, {} due, late p50 {:.2f} ms p99 {:.2f} ms p99.9 {:.2f} "
      "ms, CPU {:.1f}%",
      interval.checks_per_second, run.shards.in_flight, run.shards.due, late_ms(0.5), late_ms(0.99),
      late_ms(0.999), 100 * interval.cpu_share.value_or(0));
  if (interval.cpu_us_per_check)
    line += fmt::format(" ({:.1f} us/check)", *interval.cpu_us_per_check);
  line += fmt::format(", RSS {:.1f} MiB",
                      static_cast<double>(now.process.resident_bytes) / (1024.0 * 1024.0));
  if (interval.name_hit_share)
    line += fmt::format(", DNS {:.1f}% hits", 100 * *interval.name_hit_share);
  const sched::SweepSummary& all = run.evaluated;
  const auto verdicts = [&all](engine::Verdict verdict) {
    return all.by_verdict[static_cast<std::size_t>(verdict)];
  };
  line += fmt::format(
      "; so far {} skipped, {} retries ({} cut), {} up, {} degraded, {} down, {} unknown",
      run.shards.skipped, all.retries, all.retries_cut, verdicts(engine::Verdict::kUp),
      verdicts(engine::Verdict::kDegraded), verdicts(engine::Verdict::kDown),
      verdicts(engine::Verdict::kUnknown));
  return line + failures_text(earlier, now);
}

StatsSink::StatsSink(std::int64_t interval_ns, const engine::Clock& clock)
    : interval_ns_(interval_ns), clock_(clock), told_ns_(clock.monotonic_ns()) {}

void StatsSink::tick() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (interval_ns_ == 0 || !sample_ || now_ns - told_ns_ < interval_ns_) return;
  RunSample now = sample_();
  fmt::print(stderr, "{}\n", stats_line(told_, now));
  told_ = std::move(now);
  told_ns_ = now_ns;
}

}  // namespace tracer::cli
