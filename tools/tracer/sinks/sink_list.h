// Several sinks as one: each gets every call, in order. Evaluator thread.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sched/report_sink.h"

namespace tracer::cli {

class SinkList final : public sched::ReportSink {
 public:
  // The sinks are not owned and outlive the list.
  explicit SinkList(std::vector<sched::ReportSink*> sinks) : sinks_(std::move(sinks)) {}

  void write(std::span<const engine::Report> reports) override {
    for (sched::ReportSink* sink : sinks_) sink->write(reports);
  }
  void flush() override {
    for (sched::ReportSink* sink : sinks_) sink->flush();
  }
  void tick() override {
    for (sched::ReportSink* sink : sinks_) sink->tick();
  }
  void monitors_changed(const engine::MonitorSet& monitors) override {
    for (sched::ReportSink* sink : sinks_) sink->monitors_changed(monitors);
  }
  bool broken() const override {
    for (const sched::ReportSink* sink : sinks_) {
      if (sink->broken()) return true;
    }
    return false;
  }
  // Finishes all of them; the error is the first one's.
  tl::expected<void, std::string> finish() override {
    tl::expected<void, std::string> result;
    for (sched::ReportSink* sink : sinks_) {
      auto finished = sink->finish();
      if (!finished && result) result = std::move(finished);
    }
    return result;
  }

 private:
  std::vector<sched::ReportSink*> sinks_;
};

}  // namespace tracer::cli
