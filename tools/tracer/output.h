// Where a command's results go: JSON lines for programs, a table or cards for people, with a
// progress bar on standard error where that is a terminal. Owned by the command.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/clock.h"
#include "engine/monitor.h"
#include "sched/report_sink.h"
#include "tools/tracer/sinks/progress_sink.h"
#include "tools/tracer/sinks/sink_list.h"

namespace tracer::cli {

struct OutputOptions {
  enum class Form : std::uint8_t {
    kTable,
    kCheckCard,        // one check in detail
    kCertificateCard,  // the presented chain
    kPem,              // the presented chain, for other tools
    kJson,             // a line a result
    kChanges,          // a line when a verdict changes
  };
  Form form = Form::kTable;
  bool quiet = false;
  bool all = false;  // every line of a large table
  std::string location = "local";
  std::string agent;  // empty: the host's name
};

class Output {
 public:
  // `expected`: how many reports are to come; 0 where there is no end. The rest outlives this.
  Output(const OutputOptions& options, const engine::MonitorSet& monitors, std::uint64_t expected,
         const engine::Clock& clock);
  sched::ReportSink& sink() { return *all_; }

 private:
  std::optional<ProgressSink> progress_;
  std::unique_ptr<sched::ReportSink> results_;
  std::optional<SinkList> all_;
};

}  // namespace tracer::cli
