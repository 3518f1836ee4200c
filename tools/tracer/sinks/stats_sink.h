// Tells on standard error, now and then, how a run that goes on is doing: how much it checks, how
// late it starts, what it had to skip, what it costs. Evaluator thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "engine/clock.h"
#include "sched/report_sink.h"
#include "tools/tracer/control/run_sample.h"

namespace tracer::cli {

// One line without a line end. Rates and lateness are those between the two samples. Pure.
std::string stats_line(const RunSample& earlier, const RunSample& now);

class StatsSink final : public sched::ReportSink {
 public:
  // The clock outlives the sink.
  StatsSink(std::int64_t interval_ns, const engine::Clock& clock);
  // From where the figures come. Before the run: the first line's are those since now.
  void watch(std::function<RunSample()> sample) {
    sample_ = std::move(sample);
    told_ = sample_();
  }

  void write(std::span<const engine::Report>) override {}
  void tick() override;
  tl::expected<void, std::string> finish() override { return {}; }

 private:
  const std::int64_t interval_ns_;
  const engine::Clock& clock_;
  std::function<RunSample()> sample_;
  std::int64_t told_ns_;
  RunSample told_;
};

}  // namespace tracer::cli
