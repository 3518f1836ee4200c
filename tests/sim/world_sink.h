// Where a simulation's reports go: to its model. Private to world*.cc; belongs to one World.
#pragma once

#include <span>
#include <string>

#include "tests/sim/world.h"

namespace tracer::sim {

class World::Sink final : public sched::ReportSink {
 public:
  explicit Sink(World& world) : world_(world), model_(*world.model_), canary_(world.canary_) {}

  void write(std::span<const engine::Report> reports) override {
    for (const engine::Report& report : reports) {
      const bool chosen = ++seen_ % 5 == 0;
      if (chosen && canary_ == Canary::kDropsReport) continue;
      engine::Report told = report;
      told.outcome.monitor = world_.number_of(report.outcome.monitor);
      if (chosen && canary_ == Canary::kDoublesReport) model_.report(told);
      if (canary_ == Canary::kKeepsChain) {
        (void)ssl::ChainRef(report.outcome.chain).release();
      }
      const bool unknown = report.verdict == engine::Verdict::kUnknown;
      if (canary_ == Canary::kSaysDown && unknown) told.verdict = engine::Verdict::kDown;
      if (chosen && canary_ == Canary::kMiscounts) ++told.after.streak;
      model_.report(told);
    }
  }
  bool broken() const override {
    if (breaks) model_.drained();
    return breaks;
  }
  void monitors_changed(const engine::MonitorSet&) override { model_.evaluator_follows(); }
  tl::expected<void, std::string> finish() override { return {}; }

  bool breaks = false;

 private:
  World& world_;
  Model& model_;
  const Canary canary_;
  std::uint64_t seen_ = 0;
};

}  // namespace tracer::sim
