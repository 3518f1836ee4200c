// Runs simulations one after the other and says what came of them, on standard output. Belongs to
// the program; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/canary.h"
#include "tests/sim/scenario.h"

namespace tracer::sim {

struct Outcome {
  std::optional<Violation> violation;
  std::uint64_t hash = 0;  // of the trace
  std::uint64_t events = 0;
  std::uint64_t operations = 0;
  std::uint64_t reports = 0;
  std::uint64_t up = 0;  // of the reports
  std::int64_t simulated_ns = 0;
  Faults::Counts counts;
  std::string last_events;
};
Outcome simulate(const Scenario& scenario, Canary canary = Canary::kNone, bool verbose = false);

// A sum over simulations.
class Runner {
 public:
  struct Options {
    Restrictions restrictions;
    bool verbose = false;
    bool twice = false;   // … and the traces are compared
    std::string program;  // how to call it again
  };
  explicit Runner(const Options& options) : options_(options) {}

  bool run(std::uint64_t seed);  // false when it failed: then that has been said
  // Looks for less that fails in the same way, and says it.
  void shrink(std::uint64_t seed) const;
  void print(bool table) const;
  std::uint64_t failed() const { return failed_; }
  std::uint64_t seeds() const { return seeds_; }
  const Faults::Counts& counts() const { return counts_; }

 private:
  std::string replay(std::uint64_t seed, const Restrictions& restrictions) const;

  const Options options_;
  Faults::Counts counts_;
  std::uint64_t seeds_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t reports_ = 0;
  std::uint64_t hash_ = 0;
  std::int64_t simulated_ns_ = 0;
};

// Each canary within so many seeds; false, and it is said, where one was not found.
bool run_canaries(std::uint64_t seeds);
// Every operation of some scenarios fails in every way, one a run.
bool run_nth();

}  // namespace tracer::sim
