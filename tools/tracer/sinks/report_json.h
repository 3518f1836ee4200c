// One report as one line of JSON, as docs/results.md describes it: every key always there and in
// one order, what was not measured null, valid JSON and UTF-8 whatever a server sent. Pure.
#pragma once

#include <string>

#include "engine/monitor.h"
#include "engine/report.h"

namespace tracer::cli {

// Who reports: the same for every line of a run.
struct Reporter {
  std::string location = "local";
  std::string agent;
};

// Appends the object, without a line end.
// REQUIRES: report.outcome.monitor is an index of `monitors`, and the payload is not released.
void append_report_json(std::string& out, const engine::Report& report,
                        const engine::MonitorSet& monitors, const Reporter& reporter);

}  // namespace tracer::cli
