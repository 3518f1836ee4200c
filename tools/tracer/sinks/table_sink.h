// The table for people. A few results are shown together at the end, in the monitors' order; of
// many, those that are not up are shown as they come, and the summary tells of the rest.
// Evaluator thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/monitor.h"
#include "sched/report_sink.h"
#include "tools/tracer/sinks/descriptor_writer.h"
#include "tools/tracer/sinks/presentation.h"
#include "tools/tracer/sinks/progress_sink.h"
#include "tools/tracer/sinks/result_table.h"
#include "tools/tracer/sinks/tally.h"

namespace tracer::cli {

class TableSink final : public sched::ReportSink {
 public:
  static constexpr std::uint64_t kFew = 100;          // results shown all, and in order
  static constexpr std::uint64_t kMostShown = 1'000;  // of many, without presentation.all

  struct Options {
    int descriptor = 1;
    std::uint64_t expected = 0;  // how many reports are to come
    Presentation presentation;
    ProgressSink* progress = nullptr;  // erased before lines are shown; outlives the sink
  };

  // The monitors and the clock outlive the sink.
  TableSink(const Options& options, const engine::MonitorSet& monitors, const engine::Clock& clock);

  void write(std::span<const engine::Report> reports) override;
  void flush() override;
  void tick() override;
  bool broken() const override { return writer_.broken(); }
  tl::expected<void, std::string> finish() override;

  const Tally& tally() const { return tally_; }

 private:
  struct Row {
    std::uint32_t monitor;
    engine::FailureCode hint;  // kNone: none is due
    std::string text;
  };
  Row make_row(const engine::Report& report) const;
  void stream(const engine::Report& report);
  void show(const Row& row);
  void show_kept_rows();

  Options options_;
  const engine::Clock& clock_;
  ResultTable table_;
  DescriptorWriter writer_;
  Tally tally_;
  std::vector<Row> kept_;  // of few results
  std::bitset<engine::kFailureCodeCount> hinted_;
  std::uint64_t shown_ = 0;
  std::uint64_t hidden_ = 0;  // not up, beyond kMostShown
  std::int64_t started_ns_;
};

}  // namespace tracer::cli
