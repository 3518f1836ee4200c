// Warns on standard error while checks are being skipped: how many, of how many monitors, what kept
// them from being made, and what would help. At once for the first, then at most once a minute.
// Evaluator thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "sched/fleet.h"
#include "sched/report_sink.h"
#include "sched/restraints.h"

namespace tracer::cli {

class OverloadSink final : public sched::ReportSink {
 public:
  explicit OverloadSink(const engine::Clock& clock) : clock_(clock) {}  // outlives the sink
  // From where the figures come. Before the first tick; `fleet` outlives the last one.
  void watch(const sched::Fleet& fleet) { fleet_ = &fleet; }

  void write(std::span<const engine::Report> reports) override;
  void tick() override;
  tl::expected<void, std::string> finish() override { return {}; }

  // What tick() does with the fleet's figures: the line to show, if one is due.
  std::optional<std::string> look(const sched::Restraints& now);

 private:
  const engine::Clock& clock_;
  const sched::Fleet* fleet_ = nullptr;
  std::vector<bool> affected_;  // monitors of which checks were skipped, since the last warning
  std::size_t affected_count_ = 0;
  sched::Restraints since_;  // … or when all was well last
  std::int64_t since_ns_ = 0;
  std::int64_t next_warning_ns_ = 0;
};

}  // namespace tracer::cli
