#include "tools/tracer/sinks/changes_sink.h"

#include "tools/tracer/sinks/report_facts.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/sinks/timestamp.h"

namespace tracer::cli {

using engine::Report;
using engine::Verdict;

ChangesSink::ChangesSink(int descriptor, const engine::MonitorSet& monitors,
                         const Presentation& presentation, const engine::Clock& clock)
    : monitors_(&monitors),
      presentation_(presentation),
      writer_(descriptor, "standard output", clock) {}

void ChangesSink::write(std::span<const Report> reports) {
  if (presentation_.quiet) return;
  for (const Report& report : reports) {
    if (!report.after.known()) continue;
    const Verdict before = report.before.known() ? report.before.verdict : Verdict::kUp;
    if (report.after.verdict == before) continue;
    writer_.buffer() += line(report);
    writer_.committed();
  }
}

void ChangesSink::monitors_changed(const engine::MonitorSet& monitors) { monitors_ = &monitors; }

// "2026-01-31T23:59:59.999Z ✘ down shop: connection_refused (connect): …"
std::string ChangesSink::line(const Report& report) const {
  std::string text(timestamp(report.outcome.started_unix_ms).with_milliseconds());
  text += ' ';
  text += painted(verdict_mark(report.verdict, presentation_) + ' ' +
                      std::string(engine::verdict_name(report.verdict)),
                  verdict_paint(report.verdict), presentation_);
  text += ' ';
  text += printable(monitors_->name(monitors_->at(report.outcome.monitor)));
  if (report.failure != engine::FailureCode::kNone) {
    text += ": " + failure_code_text(report) + " (";
    text += failure_phase_text(report);
    text += "): " + printable(failure_detail_text(report));
  }
  if (report.before.known()) {
    const std::uint32_t checks = report.before.same_in_a_row;
    text += " (was ";
    text += engine::verdict_name(report.before.verdict);
    text += " for " + count_text(checks) + (checks == 1 ? " check)" : " checks)");
  }
  return text + '\n';
}

tl::expected<void, std::string> ChangesSink::finish() {
  writer_.flush();
  return writer_.status();
}

}  // namespace tracer::cli
