// What a load of `tracer bench` is to be, from its command line. Values; main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sched/load.h"

namespace CLI {
class App;
}

namespace tracer::cli {

struct LoadOptions {
  static constexpr std::uint32_t kMostInFlight = 100'000;
  static constexpr std::uint64_t kMostConnections = 1'000'000'000;
  static constexpr std::int64_t kDefaultDurationNs = 10'000'000'000;

  std::uint32_t rate = 0;  // a second; 0: a closed loop
  std::uint32_t in_flight = 100;
  std::optional<std::uint64_t> count;
  std::optional<std::int64_t> duration_ns;
  std::int64_t warm_up_ns = 0;

  bool open_loop() const { return rate != 0; }
  // Where nothing else bounds it, time does.
  std::int64_t time_ns() const {
    return duration_ns.value_or(count ? sched::LoadPlan::kMaxNs : kDefaultDurationNs);
  }
  sched::LoadPlan plan() const {
    return {rate, in_flight, count.value_or(UINT64_MAX), warm_up_ns, time_ns()};
  }
};

// "500/s" or "500"; nothing where it is not a rate within LoadPlan::kMaxRate.
std::optional<std::uint32_t> parse_rate(std::string_view text);

void add_load_options(CLI::App& command, LoadOptions& options);

}  // namespace tracer::cli
