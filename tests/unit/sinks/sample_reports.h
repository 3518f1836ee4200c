// Monitors and reports with fixed values, for the tests of every presentation.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/monitor.h"
#include "engine/report.h"
#include "ssl/trust.h"

namespace tracer::cli::samples {

inline constexpr std::int64_t kStartedMs = 1'767'323'045'678;  // 2026-01-02T03:04:05.678Z
inline constexpr std::int64_t kStartedS = kStartedMs / 1000;
inline constexpr std::int64_t kDayS = 86'400;

engine::MonitorSpec tls_monitor();    // web, example.org:443, TLS, labels, assertions
engine::MonitorSpec redis_monitor();  // 127.0.0.1:6379, no TLS, PING/+PONG
engine::MonitorSet monitor_set(const std::vector<engine::MonitorSpec>& specs);

// Leaf with 89 days, issuer with 400.
ssl::ChainRef chain();

// Owns the payload of its outcome.
class Sample {
 public:
  explicit Sample(const engine::Outcome& outcome) : outcome_(outcome) {}
  Sample(Sample&& other) noexcept : outcome_(std::exchange(other.outcome_, {})) {}
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
  Sample& operator=(Sample&&) = delete;
  ~Sample() { outcome_.release_payload(); }

  engine::Outcome& outcome() { return outcome_; }
  engine::Report judged(const engine::MonitorSet& monitors) const;

 private:
  engine::Outcome outcome_;
};

Sample tls_success(std::uint32_t monitor);
Sample redis_success(std::uint32_t monitor);
Sample refused(std::uint32_t monitor);
Sample expired(std::uint32_t monitor);  // completed, judged, ended 3 days ago

}  // namespace tracer::cli::samples
