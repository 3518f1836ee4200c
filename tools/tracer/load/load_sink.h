// Takes the reports of a load: counts them, and shows once a second how it goes. Evaluator thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "engine/clock.h"
#include "sched/report_sink.h"
#include "sched/snapshot.h"
#include "tools/tracer/load/load_tally.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

// Where the view goes.
struct LoadView {
  int descriptor = -1;    // none: nothing is shown
  bool terminal = false;  // a line that is written over; else a line a second
  Presentation presentation;
};

class LoadSink final : public sched::ReportSink {
 public:
  // The clock outlives the sink.
  LoadSink(const LoadView& view, bool open_loop, const engine::Clock& clock);
  // Where the figures of what is under way come from. Before the run.
  void watch(std::function<sched::Snapshot()> snapshot) { snapshot_ = std::move(snapshot); }

  void write(std::span<const engine::Report> reports) override;
  void tick() override;
  tl::expected<void, std::string> finish() override;  // clears the line
  const LoadTally& tally() const { return tally_; }

 private:
  void show(std::int64_t now_ns);

  const LoadView view_;
  const Span shown_;  // whose percentiles
  const engine::Clock& clock_;
  std::function<sched::Snapshot()> snapshot_;
  LoadTally tally_;
  Durations recent_;  // since it was shown last
  std::uint64_t recently_ended_ = 0;
  std::int64_t started_ns_;
  std::int64_t shown_ns_;
  bool visible_ = false;
};

}  // namespace tracer::cli
