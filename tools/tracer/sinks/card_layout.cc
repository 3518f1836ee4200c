#include "tools/tracer/sinks/card_layout.h"

#include <cstddef>

#include "tools/tracer/sinks/report_facts.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

constexpr int kLabelColumns = 11;
constexpr int kStep = 2;

std::string spaces(int count) { return std::string(static_cast<std::size_t>(count), ' '); }

}  // namespace

void CardLayout::title(std::string_view text) {
  out_ += painted(text, Paint::kBold, presentation_) + '\n';
  indent_ = kStep;
}

void CardLayout::heading(std::string_view text, std::string_view remark) {
  const int before = kStep + (depth_ > 0 ? (depth_ - 1) * kStep : 0);
  out_ += '\n' + spaces(before);
  int taken = before;
  if (depth_ > 0) {
    out_ += presentation_.unicode ? "\u2514 " : "` ";
    taken += kStep;
  }
  out_ += painted(wrapped_from(text, taken), Paint::kBold, presentation_);
  if (!remark.empty()) {
    out_ += "  ";
    out_ += painted("(" + std::string(remark) + ")", Paint::kDim, presentation_);
  }
  out_ += '\n';
  indent_ = taken + kStep;
  ++depth_;
}

void CardLayout::section(std::string_view text) {
  out_ += '\n' + spaces(kStep) + painted(text, Paint::kBold, presentation_) + '\n';
  indent_ = 2 * kStep;
}

std::string CardLayout::label_column(std::string_view label) const {
  return spaces(indent_) + painted(padded_right(label, kLabelColumns), Paint::kDim, presentation_);
}

// Wraps text that begins in column `left`. A terminal too narrow for that does the breaking itself.
std::string CardLayout::wrapped_from(std::string_view text, int left) const {
  const int columns = presentation_.columns;
  if (columns <= left + kLabelColumns) return std::string(text);
  return wrapped(text, columns, left, left);
}

void CardLayout::fact(std::string_view label, std::string_view text, Paint paint) {
  const std::string lines = wrapped_from(text, indent_ + kLabelColumns);
  out_ += label_column(label) + painted(lines, paint, presentation_) + '\n';
}

void CardLayout::line(std::string_view text, Paint paint) {
  out_ +=
      spaces(indent_) + painted(wrapped_from(text, indent_ + kStep), paint, presentation_) + '\n';
}

void CardLayout::painted_fact(std::string_view label, std::string_view text) {
  out_ += label_column(label);
  out_ += text;
  out_ += '\n';
}

std::string target_text(const engine::Report& report, const engine::MonitorSet& monitors) {
  const engine::Outcome& outcome = report.outcome;
  const engine::Monitor& monitor = monitors.at(outcome.monitor);
  std::string host = printable(monitors.host(monitor));
  if (host.find(':') != host.npos) host = "[" + host + "]";
  std::string target = host + ":" + std::to_string(monitor.port);
  const std::string name = printable(monitors.name(monitor));
  if (name != target) target = name + "  " + target;
  const std::string address = outcome.address.to_string();
  if (!address.empty() && address != monitors.host(monitor)) target += " (" + address + ")";
  return target;
}

void append_failure(CardLayout& card, const engine::Report& report) {
  if (report.failure == engine::FailureCode::kNone) return;
  const std::string_view phase = failure_phase_text(report);
  std::string text = failure_code_text(report);
  if (!phase.empty()) text += " (" + std::string(phase) + ")";
  text += ": " + printable(failure_detail_text(report));
  const bool expected = report.verdict == engine::Verdict::kUp;
  card.fact(expected ? "as expected" : "failure", text,
            expected ? Paint::kDim : verdict_paint(report.verdict));
  if (!expected) card.fact("hint", engine::failure_info(report.failure).remedy);
}

}  // namespace tracer::cli
