// Where a simulation's reports go: to its model. Private to world*.cc; belongs to one World.
#pragma once

#include <span>
#include <string>

#include "tests/sim/world.h"

namespace tracer::sim {

class World::Sink final : public sched::ReportSink {
 public:
  Sink(Model& model, Canary canary) : model_(model), canary_(canary) {}

  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) {
      const bool chosen = ++seen_ % 5 == 0;
      if (chosen && canary_ == Canary::kDropsReport) continue;
      if (chosen && canary_ == Canary::kDoublesReport) model_.report(report);
      if (canary_ == Canary::kKeepsChain) {
        (void)ssl::ChainRef(report.outcome.chain).release();
      }
      engine::Report told = report;
      const bool unknown = report.verdict == engine::Verdict::kUnknown;
      if (canary_ == Canary::kSaysDown && unknown) told.verdict = engine::Verdict::kDown;
      model_.report(told);
    }
  }
  bool broken() const override {
    if (breaks) model_.drained();
    return breaks;
  }
  tl::expected<void, std::string> finish() override { return {}; }

  bool breaks = false;

 private:
  Model& model_;
  const Canary canary_;
  std::uint64_t seen_ = 0;
};

}  // namespace tracer::sim
