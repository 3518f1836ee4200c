#include "tools/tracer/output.h"

#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "tools/tracer/sinks/card_sink.h"
#include "tools/tracer/sinks/certificate_card.h"
#include "tools/tracer/sinks/chain_pem.h"
#include "tools/tracer/sinks/changes_sink.h"
#include "tools/tracer/sinks/check_card.h"
#include "tools/tracer/sinks/json_lines_sink.h"
#include "tools/tracer/sinks/table_sink.h"

namespace tracer::cli {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

Presentation presentation_for(int descriptor, const OutputOptions& options) {
  Presentation presentation = choose_presentation(read_terminal(descriptor));
  presentation.all = options.all;
  presentation.quiet = options.quiet;
  return presentation;
}

using CardText = std::string (*)(const engine::Report&, const engine::MonitorSet&,
                                 const Presentation&);

std::unique_ptr<sched::ReportSink> card_sink(CardText card, const OutputOptions& options,
                                             const engine::MonitorSet& monitors,
                                             ProgressSink* progress, const engine::Clock& clock) {
  const Presentation presentation = presentation_for(STDOUT_FILENO, options);
  return std::make_unique<CardSink>(
      STDOUT_FILENO,
      [card, &monitors, presentation](const engine::Report& report) {
        return presentation.quiet ? std::string() : card(report, monitors, presentation);
      },
      "\n", clock, progress);
}

// A bar is for a person who waits, and JSON lines on the same terminal would run into it.
bool wants_progress(const OutputOptions& options) {
  const bool lines_on_terminal =
      options.form == OutputOptions::Form::kJson && isatty(STDOUT_FILENO) != 0;
  return !options.quiet && !lines_on_terminal && isatty(STDERR_FILENO) != 0;
}

std::string pem_of(const engine::Report& report) {
  return report.outcome.chain == nullptr ? std::string() : chain_pem(*report.outcome.chain);
}

std::unique_ptr<sched::ReportSink> result_sink(const OutputOptions& options,
                                               const engine::MonitorSet& monitors,
                                               std::uint64_t expected, ProgressSink* progress,
                                               const engine::Clock& clock) {
  using Form = OutputOptions::Form;
  switch (options.form) {
    case Form::kJson:
      return std::make_unique<JsonLinesSink>(
          JsonLinesSink::Target{STDOUT_FILENO, "standard output"}, monitors,
          Reporter{options.location, options.agent.empty() ? host_name() : options.agent}, clock);
    case Form::kCheckCard:
      return card_sink(&check_card, options, monitors, progress, clock);
    case Form::kCertificateCard:
      return card_sink(&certificate_card, options, monitors, progress, clock);
    case Form::kPem:
      return std::make_unique<CardSink>(STDOUT_FILENO, &pem_of, "", clock, progress);
    case Form::kChanges:
      return std::make_unique<ChangesSink>(STDOUT_FILENO, monitors,
                                           presentation_for(STDOUT_FILENO, options), clock);
    case Form::kTable:
      break;
  }
  TableSink::Options table;
  table.expected = expected;
  table.presentation = presentation_for(STDOUT_FILENO, options);
  table.progress = progress;
  return std::make_unique<TableSink>(table, monitors, clock);
}

}  // namespace

Output::Output(const OutputOptions& options, const engine::MonitorSet& monitors,
               std::uint64_t expected, const engine::Clock& clock) {
  std::vector<sched::ReportSink*> sinks;
  if (wants_progress(options)) {
    progress_.emplace(STDERR_FILENO, expected, presentation_for(STDERR_FILENO, options), clock);
    sinks.push_back(&*progress_);
  }
  results_ = result_sink(options, monitors, expected, progress_ ? &*progress_ : nullptr, clock);
  sinks.push_back(results_.get());
  all_.emplace(std::move(sinks));
}

}  // namespace tracer::cli
