// What changes, for people who watch a run that goes on: a line when a monitor's verdict is another
// than before, and at first for those that are not up. Evaluator thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

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
  void tick() override { writer_.tick(); }
  bool broken() const override { return writer_.broken(); }
  tl::expected<void, std::string> finish() override;

 private:
  struct History {
    engine::Verdict verdict = engine::Verdict::kUp;
    std::uint32_t checks = 0;  // in a row with this verdict
  };
  std::string line(const engine::Report& report, const History& before) const;

  const engine::MonitorSet* monitors_;
  Presentation presentation_;
  DescriptorWriter writer_;
  std::vector<History> histories_;  // by monitor
};

}  // namespace tracer::cli
