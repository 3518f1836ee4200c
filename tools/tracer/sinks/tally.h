// Counts of a sweep: verdicts, and failure codes of what is not up. Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/report.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

class Tally {
 public:
  void add(const engine::Report& report);
  std::uint64_t count(engine::Verdict verdict) const {
    return verdicts_[static_cast<std::size_t>(verdict)];
  }
  std::uint64_t total() const;
  std::uint64_t not_up() const { return total() - count(engine::Verdict::kUp); }

  // "20,000 checked in 4.20 s: 19,980 up, 15 down", then a line for every failure code, the most
  // frequent first. `expected` differs from the total where a run was cut short. Ends in a line
  // end.
  std::string summary(std::uint64_t expected, std::int64_t duration_ns,
                      const Presentation& presentation) const;

 private:
  std::array<std::uint64_t, 4> verdicts_{};
  std::array<std::uint64_t, engine::kFailureCodeCount> failures_{};
};

// The colour and the mark of a verdict: "✔", "▲", "✘", "?".
Paint verdict_paint(engine::Verdict verdict);
std::string verdict_mark(engine::Verdict verdict, const Presentation& presentation);
// Red within a week of the end and after it, yellow within a month.
Paint days_paint(std::int64_t days_remaining);

}  // namespace tracer::cli
