// What the history of a monitor must be: worked out anew, each time, from all that its checks have
// come to. A value; belongs to one model.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/history.h"

namespace tracer::sim {

class ReferenceHistory {
 public:
  void observe(engine::Verdict verdict, std::int64_t at_unix_ms) {
    checks_.push_back({verdict, at_unix_ms});
  }
  void skip(std::uint32_t count) { skipped_ += count; }
  engine::History now() const;

 private:
  struct Check {
    engine::Verdict verdict;
    std::int64_t at_unix_ms;
  };
  std::vector<Check> checks_;
  std::uint32_t skipped_ = 0;
};

}  // namespace tracer::sim
