#include "tools/tracer/load/load_tally.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <system_error>

#include "tools/tracer/sinks/report_facts.h"

namespace tracer::cli {

using engine::FailureCode;
using engine::Verdict;

void Durations::add(std::int64_t duration_ns) {
  histogram_->record(duration_ns);
  max_ns_ = std::max(max_ns_, duration_ns);
  ++count_;
}

void Durations::clear() {
  if (count_ != 0) *this = Durations();
}

std::vector<std::int64_t> Durations::quantiles_ns(std::initializer_list<double> shares) const {
  auto counts = std::make_unique<sched::FineHistogram::Counts>();
  histogram_->add_to(*counts);
  std::vector<std::int64_t> quantiles;
  for (const double share : shares) {
    quantiles.push_back(std::min(sched::FineHistogram::quantile_ns(*counts, share), max_ns_));
  }
  return quantiles;
}

std::string_view span_name(Span span) {
  constexpr std::array<std::string_view, kSpanCount> kNames{
      "dns", "connect", "starttls", "tls", "response", "total", "latency"};
  return kNames[static_cast<std::size_t>(span)];
}

void LoadTally::add(const engine::Report& report, std::int64_t now_ns) {
  const engine::Outcome& outcome = report.outcome;
  if (outcome.warm_up) {
    ++warm_up_;
    return;
  }
  const engine::PhaseTimes& times = outcome.times;
  const std::int64_t start_ns = now_ns - std::max<std::int64_t>(times.total_ns, 0);
  first_start_ns_ = std::min(first_start_ns_, start_ns);
  last_start_ns_ = std::max(last_start_ns_, start_ns);
  const auto record = [this](Span span, std::int64_t duration_ns) {
    if (duration_ns != engine::kNotMeasured) {
      durations_[static_cast<std::size_t>(span)].add(duration_ns);
    }
  };
  record(Span::kDns, times.dns_ns);
  record(Span::kConnect, times.connect_ns);
  record(Span::kStarttls, times.starttls_ns);
  record(Span::kTls, times.tls_ns);
  record(Span::kResponse, times.response_ns);
  if (report.failure == FailureCode::kLocalShutdown) {
    ++cut_;
  } else if (report.verdict == Verdict::kUp || report.verdict == Verdict::kDegraded) {
    ++succeeded_;
    record(Span::kTotal, times.total_ns);
    record(Span::kLatency, times.total_ns + outcome.late_ns);
  } else {
    fail(report);
  }
}

void LoadTally::fail(const engine::Report& report) {
  static const std::string kNoPort = std::generic_category().message(EADDRNOTAVAIL);
  const engine::Outcome& outcome = report.outcome;
  ++failed_;
  const bool of_ours = report.failure == FailureCode::kLocalResources;
  if (of_ours && outcome.detail_text().ends_with(kNoPort)) ++without_port_;
  LoadFailure& failure = failures_[static_cast<std::size_t>(report.failure)];
  if (failure.count++ == 0) {
    failure.code = report.failure;
    failure.phase = failure_phase_text(report);
    failure.address = outcome.address;
    failure.detail = outcome.detail_text();
  }
}

std::vector<LoadFailure> LoadTally::failures() const {
  std::vector<LoadFailure> failures;
  std::ranges::copy_if(failures_, std::back_inserter(failures),
                       [](const LoadFailure& failure) { return failure.count != 0; });
  std::ranges::stable_sort(failures, std::greater{}, &LoadFailure::count);
  return failures;
}

double LoadTally::rate() const {
  if (made() < 2 || last_start_ns_ <= first_start_ns_) return 0;
  return static_cast<double>(made() - 1) * 1e9 /
         static_cast<double>(last_start_ns_ - first_start_ns_);
}

}  // namespace tracer::cli
