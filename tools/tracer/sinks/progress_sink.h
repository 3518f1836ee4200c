// A progress bar on standard error for work that lasts, where that is a terminal. Counts the
// reports that pass; draws on tick(), from a second on; erased at the end. Evaluator thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/clock.h"
#include "sched/report_sink.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

struct Progress {
  std::uint64_t done = 0;
  std::uint64_t expected = 0;
  std::uint64_t not_up = 0;
  std::int64_t elapsed_ns = 0;
};

// One line without a line end, within presentation.columns.
std::string progress_line(const Progress& progress, const Presentation& presentation);

class ProgressSink final : public sched::ReportSink {
 public:
  // The clock outlives the sink. Draws on `descriptor`, which must be a terminal.
  ProgressSink(int descriptor, std::uint64_t expected, const Presentation& presentation,
               const engine::Clock& clock);

  void write(std::span<const engine::Report> reports) override;
  void tick() override;
  tl::expected<void, std::string> finish() override;
  // Clears the line, so that other text can take its place; the next tick draws again.
  void erase();

 private:
  int descriptor_;
  Presentation presentation_;
  const engine::Clock& clock_;
  Progress progress_;
  std::int64_t started_ns_;
  std::int64_t drawn_ns_ = 0;
  bool visible_ = false;
};

}  // namespace tracer::cli
