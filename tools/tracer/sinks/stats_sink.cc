#include "tools/tracer/sinks/stats_sink.h"

#include <fmt/format.h>

#include <cstdio>

namespace tracer::cli {

std::string stats_line(const sched::Snapshot& now, const sched::Snapshot& earlier,
                       std::int64_t elapsed_ns) {
  const auto verdicts = [&now](engine::Verdict verdict) {
    return now.evaluated.by_verdict[static_cast<std::size_t>(verdict)];
  };
  sched::Histogram::Counts lateness = now.lateness;
  for (std::size_t i = 0; i < lateness.size(); ++i) lateness[i] -= earlier.lateness[i];
  const auto late_ms = [&lateness](double share) {
    return static_cast<double>(sched::Histogram::quantile_ns(lateness, share)) / 1e6;
  };
  const double seconds = static_cast<double>(elapsed_ns) / 1e9;
  const auto reports = static_cast<double>(now.evaluated.reports - earlier.evaluated.reports);
  return fmt::format(
      "stats: {:.1f} checks/s, {} in flight, late p50 {:.2f} ms p99 {:.2f} ms p99.9 {:.2f} ms, "
      "{} skipped, {} retries ({} cut); so far {} up, {} degraded, {} down, {} unknown",
      seconds > 0 ? reports / seconds : 0.0, now.in_flight, late_ms(0.5), late_ms(0.99),
      late_ms(0.999), now.skipped, now.evaluated.retries, now.evaluated.retries_cut,
      verdicts(engine::Verdict::kUp), verdicts(engine::Verdict::kDegraded),
      verdicts(engine::Verdict::kDown), verdicts(engine::Verdict::kUnknown));
}

StatsSink::StatsSink(std::int64_t interval_ns, const engine::Clock& clock)
    : interval_ns_(interval_ns), clock_(clock), told_ns_(clock.monotonic_ns()) {}

void StatsSink::tick() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (interval_ns_ == 0 || fleet_ == nullptr || now_ns - told_ns_ < interval_ns_) return;
  const sched::Snapshot now = fleet_->snapshot();
  fmt::print(stderr, "{}\n", stats_line(now, told_, now_ns - told_ns_));
  told_ = now;
  told_ns_ = now_ns;
}

}  // namespace tracer::cli
