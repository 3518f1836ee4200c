// How a run goes over from one configuration to the next while everything goes on: what changes for
// whom, and the handing over of it.
//
// Belongs to the thread that reloads, which keeps both until everyone has gone over.
//
// Invariant: the evaluator goes over first and the shards after it, so that no outcome comes of a
// monitor that the evaluator does not know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "sched/configuration.h"
#include "sched/evaluator.h"
#include "sched/shard.h"
#include "sched/wakeup.h"

namespace tracer::sched {

// Whether an agent in `location` is to check the monitor at `index`.
bool is_for(const engine::MonitorSet& monitors, std::uint32_t index, std::string_view location);
// The enabled monitors that an agent in `location` is to check, ascending.
std::vector<std::uint32_t> monitors_for(const engine::MonitorSet& monitors,
                                        std::string_view location);
// Which of so many shards has the monitor at `index`.
std::size_t shard_of(const engine::MonitorSet& monitors, std::uint32_t index, std::size_t shards);

// What a reload has changed, in monitors of the document.
struct Difference {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
  std::size_t unchanged = 0;
};

// What the evaluator and each shard has to do to follow.
struct Changes {
  EvaluatorChange evaluator;
  std::vector<ShardChange> shards;
  Difference difference;
};

// What a run checks, as the thread that reloads knows it.
struct Standing {
  ConfigurationRef configuration;
  std::vector<std::uint32_t> forgotten;  // indices that may be given to new monitors
};

// From what stands to `monitors`: then that stands. The error is one sentence, and nothing has
// changed then.
tl::expected<Changes, std::string> plan_changes(Standing& standing, engine::MonitorSet monitors,
                                                std::string_view location, std::size_t shards);

// Keeps the monitors and takes their roots and client certificates as the files have them now.
// Likewise.
tl::expected<Changes, std::string> plan_renewal(Standing& standing, std::size_t shards);

// Hands changes over. Waits for nobody: whoever has it looks after it until it is over.
class Transition {
 public:
  enum class Stage : std::uint8_t { kBegun, kEvaluator, kShards, kOver };  // who is going over

  // All but the changes outlive it.
  Transition(Changes changes, Evaluator& evaluator, std::vector<std::unique_ptr<Shard>>& shards,
             Wakeup& wakeup);

  // Goes on as far as it can.
  Stage advance();
  Stage stage() const { return stage_; }
  const Difference& difference() const { return changes_.difference; }

 private:
  Changes changes_;
  Evaluator& evaluator_;
  std::vector<std::unique_ptr<Shard>>& shards_;
  Wakeup& wakeup_;
  Stage stage_ = Stage::kBegun;
};

}  // namespace tracer::sched
