// Every report as one line of JSON on a file descriptor, for programs. Evaluator thread.
//
// Invariant: a line that a killed run left torn at the end of a file never runs into a line of
// ours.
#pragma once

#include <span>
#include <string>

#include "engine/clock.h"
#include "engine/monitor.h"
#include "sched/report_sink.h"
#include "tools/tracer/sinks/descriptor_writer.h"
#include "tools/tracer/sinks/report_json.h"

namespace tracer::cli {

class JsonLinesSink final : public sched::ReportSink {
 public:
  struct Target {
    int descriptor;
    std::string name;  // for error messages: "standard output"
  };

  // The clock outlives the sink; the monitors live until others follow them.
  JsonLinesSink(Target target, const engine::MonitorSet& monitors, Reporter reporter,
                const engine::Clock& clock);

  void write(std::span<const engine::Report> reports) override;
  void monitors_changed(const engine::MonitorSet& monitors) override { monitors_ = &monitors; }
  void flush() override { writer_.flush(); }
  void tick() override { writer_.tick(); }
  bool broken() const override { return writer_.broken(); }
  tl::expected<void, std::string> finish() override;

 private:
  DescriptorWriter writer_;
  const engine::MonitorSet* monitors_;
  Reporter reporter_;
};

}  // namespace tracer::cli
