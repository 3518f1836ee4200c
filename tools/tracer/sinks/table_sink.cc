#include "tools/tracer/sinks/table_sink.h"

#include <algorithm>
#include <utility>

#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {

using engine::FailureCode;
using engine::Report;
using engine::Verdict;

TableSink::TableSink(const Options& options, const engine::MonitorSet& monitors,
                     const engine::Clock& clock)
    : options_(options),
      clock_(clock),
      table_(monitors, options.presentation),
      writer_(options.descriptor, "standard output", clock),
      started_ns_(clock.monotonic_ns()) {}

void TableSink::write(std::span<const Report> reports) {
  for (const Report& report : reports) {
    tally_.add(report);
    if (options_.presentation.quiet) continue;
    if (options_.expected <= kFew) {
      kept_.push_back(make_row(report));
    } else {
      stream(report);
    }
  }
}

TableSink::Row TableSink::make_row(const Report& report) const {
  const bool explained = report.verdict != Verdict::kUp;
  return {report.outcome.monitor, explained ? report.failure : FailureCode::kNone,
          table_.row(report)};
}

void TableSink::stream(const Report& report) {
  const Presentation& presentation = options_.presentation;
  if (report.verdict == Verdict::kUp && !presentation.all) return;
  if (shown_ >= kMostShown && !presentation.all) {
    ++hidden_;
    return;
  }
  show(make_row(report));
}

void TableSink::show(const Row& row) {
  if (shown_++ == 0) writer_.buffer() += table_.header();
  writer_.buffer() += row.text;
  const auto code = static_cast<std::size_t>(row.hint);
  if (row.hint != FailureCode::kNone && !hinted_.test(code)) {
    hinted_.set(code);
    writer_.buffer() += table_.hint(row.hint);
  }
  if (writer_.buffer().size() >= DescriptorWriter::kFlushBytes) flush();
}

void TableSink::flush() {
  if (writer_.buffer().empty()) return;
  if (options_.progress != nullptr) options_.progress->erase();
  writer_.flush();
}

void TableSink::tick() { flush(); }

void TableSink::show_kept_rows() {
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const Row& a, const Row& b) { return a.monitor < b.monitor; });
  for (const Row& row : kept_) show(row);
  kept_.clear();
}

tl::expected<void, std::string> TableSink::finish() {
  if (options_.presentation.quiet) return {};
  show_kept_rows();
  std::string& out = writer_.buffer();
  if (hidden_ != 0) {
    out += "and " + count_text(hidden_) + " more that are not up (--all shows them)\n";
  }
  if (shown_ != 0) out += '\n';
  out +=
      tally_.summary(options_.expected, clock_.monotonic_ns() - started_ns_, options_.presentation);
  flush();
  return writer_.status();
}

}  // namespace tracer::cli
