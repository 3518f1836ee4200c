// What changes, for people who watch a run that goes on: a line when a monitor's verdict is another
// than before, and for those that are not up when nothing was known of them. What was known before
// a restart counts. Evaluator thread.
#pragma once

#include <span>
#include <string>

#include "engine/clock.h"
#include "engine/monitor.h"
#include "sched/report_sink.h"
#include "tools/tracer/sinks/descriptor_writer.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

class ChangesSink final : public sched::ReportSink {
 public:
  // The clock outlives the sink; the monitors live until others follow them.
  ChangesSink(int descriptor, const engine::MonitorSet& monitors, const Presentation& presentation,
              const engine::Clock& clock);

  void write(std::span<const engine::Report> reports) override;
  void monitors_changed(const engine::MonitorSet& monitors) override;
  void flush() override { writer_.flush(); }
  void tick() override { writer_.tick(); }
  bool broken() const override { return writer_.broken(); }
  tl::expected<void, std::string> finish() override;

 private:
  std::string line(const engine::Report& report) const;

  const engine::MonitorSet* monitors_;
  Presentation presentation_;
  DescriptorWriter writer_;
};

}  // namespace tracer::cli
