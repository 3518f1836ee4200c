// What the connections of a load came to: counts, failures by code, and how long each phase took.
// Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report.h"
#include "sched/histogram.h"

namespace tracer::cli {

// Durations, known to within a hundredth; the greatest one exactly.
class Durations {
 public:
  void add(std::int64_t duration_ns);
  void clear();
  std::uint64_t count() const { return count_; }
  std::int64_t max_ns() const { return max_ns_; }
  // Each as the least duration that such a share of all (0 to 1) do not exceed; 0 without any.
  std::vector<std::int64_t> quantiles_ns(std::initializer_list<double> shares) const;

 private:
  // Large, and there are several: not for the stack.
  std::unique_ptr<sched::FineHistogram> histogram_ = std::make_unique<sched::FineHistogram>();
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

// What a load measures. Each phase where it was completed; the last two of what succeeded alone.
enum class Span : std::uint8_t {
  kDns,
  kConnect,
  kStarttls,
  kTls,
  kResponse,
  kTotal,    // from the real start
  kLatency,  // from the scheduled start
};
inline constexpr std::size_t kSpanCount = 7;
std::string_view span_name(Span span);

struct LoadFailure {
  engine::FailureCode code = engine::FailureCode::kNone;
  std::uint64_t count = 0;
  // Of the first one.
  std::string phase;  // empty: none
  engine::IpAddress address;
  std::string detail;
};

class LoadTally {
 public:
  // `now_ns`: when the report came, which is shortly after its connection ended.
  void add(const engine::Report& report, std::int64_t now_ns);

  std::uint64_t warm_up() const { return warm_up_; }  // not in anything below
  std::uint64_t made() const { return succeeded_ + failed_ + cut_; }
  std::uint64_t succeeded() const { return succeeded_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t cut() const { return cut_; }  // by ending the program, neither good nor bad
  // … of those that failed, for want of a local port.
  std::uint64_t without_port() const { return without_port_; }
  const Durations& of(Span span) const { return durations_[static_cast<std::size_t>(span)]; }
  // The most frequent first.
  std::vector<LoadFailure> failures() const;
  // Starts per second, from the first to the last one; 0 where there were not two.
  double rate() const;

 private:
  void fail(const engine::Report& report);

  std::uint64_t warm_up_ = 0;
  std::uint64_t succeeded_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t without_port_ = 0;
  std::int64_t first_start_ns_ = INT64_MAX;
  std::int64_t last_start_ns_ = INT64_MIN;
  std::array<Durations, kSpanCount> durations_;
  std::array<LoadFailure, engine::kFailureCodeCount> failures_;
};

}  // namespace tracer::cli
