#include "tools/tracer/sinks/result_table.h"

#include <algorithm>

#include "ssl/certificate.h"
#include "ssl/protocol.h"
#include "tools/tracer/sinks/report_facts.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;
using engine::Outcome;
using engine::Report;
using engine::Verdict;

constexpr int kVerdictColumns = 10;  // "▲ degraded"
constexpr int kMaxNameColumns = 40;
constexpr int kMinNameColumns = 8;
constexpr int kAddressColumns = 21;  // "255.255.255.255:65535"; IPv6 may take more
constexpr int kDurationColumns = 7;
constexpr int kProtocolColumns = 8;
constexpr int kDaysColumns = 7;
constexpr int kGap = 2;
constexpr int kIndent = 4;

// The widest name up to the limit; a million monitors are not all measured once it is reached.
int widest_name(const engine::MonitorSet& monitors) {
  int widest = kMinNameColumns;
  for (const engine::Monitor& monitor : monitors.monitors()) {
    widest = std::max(widest, display_width(printable(monitors.name(monitor))));
    if (widest >= kMaxNameColumns) return kMaxNameColumns;
  }
  return widest;
}

std::string endpoint_text(const Outcome& outcome, std::uint16_t port, const Presentation& look) {
  if (outcome.address.family == 0) return look.unicode ? "\u2013" : "-";
  return engine::Endpoint{outcome.address, port}.to_string();
}

struct Cell {
  std::string text;
  Paint paint = Paint::kNone;
};

Cell days_cell(const Outcome& outcome, const Presentation& look) {
  if (outcome.chain == nullptr) return {look.unicode ? "\u2013" : "-", Paint::kNone};
  const std::int64_t days =
      ssl::days_remaining(outcome.chain->earliest_expiry_s, outcome.started_unix_ms / 1000);
  return {std::to_string(days) + " d", days_paint(days)};
}

std::string gap() { return std::string(kGap, ' '); }

}  // namespace

ResultTable::ResultTable(const engine::MonitorSet& monitors, const Presentation& presentation)
    : monitors_(monitors), presentation_(presentation), name_columns_(widest_name(monitors)) {
  if (presentation.columns == 0) return;
  const auto width = [&] {
    int columns =
        kVerdictColumns + kGap + name_columns_ + kGap + kDurationColumns + kGap + kDaysColumns;
    if (show_address_) columns += kGap + kAddressColumns;
    if (show_phases_) columns += 2 * (kGap + kDurationColumns);
    if (show_protocol_) columns += kGap + kProtocolColumns;
    return columns;
  };
  for (bool* column : {&show_phases_, &show_protocol_, &show_address_}) {
    if (width() > presentation.columns) *column = false;
  }
  const int excess = std::max(0, width() - presentation.columns);
  name_columns_ = std::max(kMinNameColumns, name_columns_ - excess);
}

std::string ResultTable::header() const {
  std::string text = padded_right("VERDICT", kVerdictColumns) + gap();
  text += padded_right("NAME", name_columns_);
  if (show_address_) text += gap() + padded_right("ADDRESS", kAddressColumns);
  if (show_phases_) text += gap() + padded_left("CONNECT", kDurationColumns);
  if (show_phases_) text += gap() + padded_left("TLS", kDurationColumns);
  text += gap() + padded_left("TOTAL", kDurationColumns);
  if (show_protocol_) text += gap() + padded_right("PROTOCOL", kProtocolColumns);
  text += gap() + padded_left("CERT", kDaysColumns);
  return painted(text, Paint::kDim, presentation_) + '\n';
}

std::string ResultTable::row(const Report& report) const {
  return line(report) + failure_lines(report);
}

std::string ResultTable::line(const Report& report) const {
  const Outcome& outcome = report.outcome;
  const engine::Monitor& monitor = monitors_.at(outcome.monitor);
  const std::string verdict =
      verdict_mark(report.verdict, presentation_) + " " + std::string(verdict_name(report.verdict));
  std::string text =
      painted(padded_right(verdict, kVerdictColumns), verdict_paint(report.verdict), presentation_);
  const std::string name = cut(printable(monitors_.name(monitor)), name_columns_, presentation_);
  text += gap() + padded_right(name, name_columns_);
  if (show_address_) {
    text +=
        gap() + padded_right(endpoint_text(outcome, monitor.port, presentation_), kAddressColumns);
  }
  const auto duration = [&](std::int64_t duration_ns) {
    text += gap() + padded_left(duration_text(duration_ns, presentation_), kDurationColumns);
  };
  if (show_phases_) duration(outcome.times.connect_ns);
  if (show_phases_) duration(outcome.times.tls_ns);
  duration(outcome.times.total_ns);
  if (show_protocol_) {
    const std::string protocol =
        outcome.tls.protocol == 0 ? "" : ssl::protocol_name(outcome.tls.protocol);
    text += gap() + padded_right(protocol, kProtocolColumns);
  }
  const Cell days = days_cell(outcome, presentation_);
  text += gap() + painted(padded_left(days.text, kDaysColumns), days.paint, presentation_);
  return text + '\n';
}

std::string ResultTable::indented(std::string_view text, Paint paint) const {
  const std::string lines =
      std::string(kIndent, ' ') + wrapped(text, presentation_.columns, kIndent, kIndent);
  return painted(lines, paint, presentation_) + '\n';
}

std::string ResultTable::failure_lines(const Report& report) const {
  if (report.failure == FailureCode::kNone) return {};
  const std::string code = failure_code_text(report);
  if (report.verdict == Verdict::kUp) {
    return indented("failed as expected: " + code, Paint::kDim);
  }
  const std::string attempts =
      report.attempts > 1 ? " after " + std::to_string(report.attempts) + " attempts" : "";
  const std::vector<std::string> failed = failed_assertions(report, monitors_);
  const bool by_assertions = report.failure == FailureCode::kAssertionFailed && !failed.empty();
  std::string text;
  if (!by_assertions) {
    const std::string_view phase = failure_phase_text(report);
    const std::string where = phase.empty() ? "" : " (" + std::string(phase) + ")";
    text += indented(code + where + attempts + ": " + printable(failure_detail_text(report)),
                     verdict_paint(report.verdict));
    return text;
  }
  for (const std::string& one : failed) {
    text += indented(code + attempts + ": " + printable(one), verdict_paint(report.verdict));
  }
  return text;
}

std::string ResultTable::hint(FailureCode code) const {
  return indented("hint: " + std::string(engine::failure_info(code).remedy), Paint::kDim);
}

}  // namespace tracer::cli
