// Results as people read them in bulk: one line each, and beneath a line that is not up, why and
// what to check. Columns are settled once from the monitors' names, so that lines can be shown as
// they come. Pure but for the settling; any thread.
#pragma once

#include <string>

#include "engine/monitor.h"
#include "engine/report.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

class ResultTable {
 public:
  // The monitors outlive the table.
  ResultTable(const engine::MonitorSet& monitors, const Presentation& presentation);

  std::string header() const;
  // With the failure's code, phase and detail beneath where there is one, and every failed
  // assertion; without the hint, which is the same for every failure of a code.
  std::string row(const engine::Report& report) const;
  std::string hint(engine::FailureCode code) const;

 private:
  std::string line(const engine::Report& report) const;
  std::string failure_lines(const engine::Report& report) const;
  std::string indented(std::string_view text, Paint paint) const;

  const engine::MonitorSet& monitors_;
  Presentation presentation_;
  int name_columns_;
  // What a narrow terminal has no room for is left out, least important first.
  bool show_phases_ = true;
  bool show_protocol_ = true;
  bool show_address_ = true;
};

}  // namespace tracer::cli
