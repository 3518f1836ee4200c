// Where reports go: standard output, a table for people, later stores and brokers. The evaluator
// owns the call sequence and makes all calls on its own thread.
//
// Invariants: every report is written exactly once; no call follows finish().
#pragma once

#include <span>
#include <string>

#include <tl/expected.hpp>

#include "engine/report.h"

namespace tracer::sched {

class ReportSink {
 public:
  virtual ~ReportSink() = default;

  // The reports and their payload are borrowed for the call alone. May block: that is how a slow
  // reader holds the evaluator, the result rings and in the end the start of new probes back.
  virtual void write(std::span<const engine::Report> reports) = 0;
  // Hands over what is held back: what was written is no longer lost with this process.
  virtual void flush() {}
  // A chance to flush what is held back or to redraw. Due every 100 ms or so, reports or none.
  virtual void tick() {}
  // The reports that follow are about this set, of which the one so far is an earlier revision:
  // indices known from there mean the same. It lives until the next call.
  virtual void monitors_changed(const engine::MonitorSet&) {}
  // True once what is written no longer arrives anywhere (a closed pipe, a full disk): a run may
  // end early. The reason comes from finish().
  virtual bool broken() const { return false; }
  // Writes what is left. The error is one sentence for people.
  virtual tl::expected<void, std::string> finish() = 0;
};

}  // namespace tracer::sched
