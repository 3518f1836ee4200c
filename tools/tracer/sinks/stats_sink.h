// Tells on standard error, now and then, how a run that goes on is doing: how much it checks, how
// late it starts, what it had to skip. Evaluator thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/clock.h"
#include "sched/fleet.h"
#include "sched/report_sink.h"

namespace tracer::cli {

// One line without a line end. `earlier` and `elapsed_ns` are for rates. Pure.
std::string stats_line(const sched::Snapshot& now, const sched::Snapshot& earlier,
                       std::int64_t elapsed_ns);

class StatsSink final : public sched::ReportSink {
 public:
  // The clock outlives the sink.
  StatsSink(std::int64_t interval_ns, const engine::Clock& clock);
  // From where the figures come. Before the first tick; `fleet` outlives the last one.
  void watch(const sched::Fleet& fleet) { fleet_ = &fleet; }

  void write(std::span<const engine::Report>) override {}
  void tick() override;
  tl::expected<void, std::string> finish() override { return {}; }

 private:
  const std::int64_t interval_ns_;
  const engine::Clock& clock_;
  const sched::Fleet* fleet_ = nullptr;
  std::int64_t told_ns_;
  sched::Snapshot told_;
};

}  // namespace tracer::cli
