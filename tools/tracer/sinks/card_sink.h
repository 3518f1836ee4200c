// Shows each report whole, as a text that a function makes of it: the card of a check, the
// certificate chain, its PEM. For one target or a few. Evaluator thread.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "engine/clock.h"
#include "sched/report_sink.h"
#include "tools/tracer/sinks/descriptor_writer.h"
#include "tools/tracer/sinks/progress_sink.h"

namespace tracer::cli {

class CardSink final : public sched::ReportSink {
 public:
  using Render = std::function<std::string(const engine::Report&)>;

  // The clock and the progress bar (which may be null, and is erased before a card is shown)
  // outlive the sink, and so does what `render` refers to. An empty text is skipped; `separator`
  // stands between two texts.
  CardSink(int descriptor, Render render, std::string separator, const engine::Clock& clock,
           ProgressSink* progress = nullptr);

  void write(std::span<const engine::Report> reports) override;
  void flush() override { writer_.flush(); }
  bool broken() const override { return writer_.broken(); }
  tl::expected<void, std::string> finish() override;

 private:
  Render render_;
  std::string separator_;
  DescriptorWriter writer_;
  ProgressSink* progress_;
  bool first_ = true;
};

}  // namespace tracer::cli
