// `tracer cert --warn D --crit D`: does a chain have less time left than a script wants? As the
// plugins of monitoring systems tell it, in a line that begins with WARNING or CRITICAL. Values and
// one sink; the sink belongs to the evaluator's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "sched/report_sink.h"
#include "ssl/trust.h"

namespace tracer::cli {

struct ExpiryThresholds {
  std::optional<std::int64_t> warn_s;
  std::optional<std::int64_t> crit_s;
  bool wanted() const { return warn_s || crit_s; }
};

enum class ExpiryAlarm : std::uint8_t { kNone, kWarning, kCritical };

// Of the presented certificate that expires first. A chain that has expired is critical where any
// threshold is set.
ExpiryAlarm expiry_alarm(std::int64_t expiry_s, std::int64_t now_s,
                         const ExpiryThresholds& thresholds);

// "WARNING: chain.pem: CN=www.example.org expires in 12 days, at 2026-07-01T00:00:00.000Z"; empty
// for kNone.
std::string expiry_line(ExpiryAlarm alarm, const std::string& of, const ssl::ChainReport& chain,
                        std::int64_t now_s);

// Watches the reports of live checks.
class ExpirySink final : public sched::ReportSink {
 public:
  using Say = std::function<void(const std::string& line)>;
  using NameOf = std::function<std::string(const engine::Report&)>;

  ExpirySink(const ExpiryThresholds& thresholds, NameOf name_of, Say say)
      : thresholds_(thresholds), name_of_(std::move(name_of)), say_(std::move(say)) {}

  void write(std::span<const engine::Report> reports) override;
  tl::expected<void, std::string> finish() override { return {}; }
  bool alarmed() const { return alarmed_; }

 private:
  ExpiryThresholds thresholds_;
  NameOf name_of_;
  Say say_;
  bool alarmed_ = false;
};

}  // namespace tracer::cli
