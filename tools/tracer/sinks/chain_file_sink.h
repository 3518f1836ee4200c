// `tracer cert --save FILE`: the chains that servers presented, as PEM in a file, each after a line
// that names its target. Written when all reports have come. Evaluator thread.
#pragma once

#include <span>
#include <string>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "sched/report_sink.h"

namespace tracer::cli {

// Replaces the file. The error is one sentence naming it.
tl::expected<void, std::string> write_file(const std::string& path, const std::string& text);

class ChainFileSink final : public sched::ReportSink {
 public:
  // `monitors` outlives the sink.
  ChainFileSink(std::string path, const engine::MonitorSet& monitors)
      : path_(std::move(path)), monitors_(monitors) {}

  void write(std::span<const engine::Report> reports) override;
  tl::expected<void, std::string> finish() override { return write_file(path_, text_); }

 private:
  std::string path_;
  const engine::MonitorSet& monitors_;
  std::string text_;
};

}  // namespace tracer::cli
