#include "tools/tracer/expiry_alarm.h"

#include <algorithm>
#include <cstdlib>

#include "ssl/certificate.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/sinks/timestamp.h"

namespace tracer::cli {

ExpiryAlarm expiry_alarm(std::int64_t expiry_s, std::int64_t now_s,
                         const ExpiryThresholds& thresholds) {
  const std::int64_t left_s = expiry_s - now_s;
  if (thresholds.wanted() && left_s < 0) return ExpiryAlarm::kCritical;
  if (thresholds.crit_s && left_s < *thresholds.crit_s) return ExpiryAlarm::kCritical;
  if (thresholds.warn_s && left_s < *thresholds.warn_s) return ExpiryAlarm::kWarning;
  return ExpiryAlarm::kNone;
}

std::string expiry_line(ExpiryAlarm alarm, const std::string& of, const ssl::ChainReport& chain,
                        std::int64_t now_s) {
  if (alarm == ExpiryAlarm::kNone) return {};
  const std::int64_t expiry_s = chain.earliest_expiry_s;
  const auto first = std::find_if(
      chain.certificates.begin(), chain.certificates.end(),
      [expiry_s](const ssl::CertificateFacts& facts) { return facts.not_after_s == expiry_s; });
  const std::int64_t days = std::abs(ssl::days_remaining(expiry_s, now_s));
  const std::string count = std::to_string(days) + (days == 1 ? " day" : " days");
  std::string line = alarm == ExpiryAlarm::kCritical ? "CRITICAL: " : "WARNING: ";
  line += printable(of) + ": ";
  line += first == chain.certificates.end() ? "a certificate" : printable(first->subject);
  line += expiry_s < now_s ? " expired " + count + " ago, at " : " expires in " + count + ", at ";
  line += timestamp(expiry_s * 1000).with_milliseconds();
  return line;
}

void ExpirySink::write(std::span<const engine::Report> reports) {
  for (const engine::Report& report : reports) {
    const ssl::ChainReport* chain = report.outcome.chain;
    if (chain == nullptr) continue;
    const std::int64_t now_s = report.outcome.started_unix_ms / 1000;
    const ExpiryAlarm alarm = expiry_alarm(chain->earliest_expiry_s, now_s, thresholds_);
    if (alarm == ExpiryAlarm::kNone) continue;
    alarmed_ = true;
    say_(expiry_line(alarm, name_of_(report), *chain, now_s));
  }
}

}  // namespace tracer::cli
