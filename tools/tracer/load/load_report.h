// What `tracer bench` says of a load: a line while it is made, and in the end a table for people or
// an object for programs (docs/bench.md). Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "sched/restraints.h"
#include "tools/tracer/load/load_options.h"
#include "tools/tracer/load/load_tally.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

// What was asked for, and what the run says of itself.
struct LoadFacts {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  std::string starttls;  // the protocol; empty: none
  LoadOptions options;
  std::uint32_t in_flight = 0;  // as many as there may be
  std::uint32_t threads = 0;
  std::int64_t started_unix_ms = 0;
  std::uint64_t missed = 0;  // due, and not begun in time
  std::array<std::uint64_t, sched::kRestraintCount> held_ns{};
  std::uint64_t cpu_ns = 0;  // of this process, while it made connections
  bool interrupted = false;
  bool resets = false;        // each connection, when it ends
  bool bound_source = false;  // connects from an address that the user chose
};

// A moment of a load.
struct LoadMoment {
  std::int64_t elapsed_ns = 0;
  double rate = 0;  // ended per second, since the last moment
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t waiting = 0;  // due, and not begun
  bool warm_up = false;
  std::optional<std::int64_t> p50_ns;  // since the last moment; none where nothing succeeded
  std::int64_t p99_ns = 0;
};

// Without a line end, within presentation.columns.
std::string load_line(const LoadMoment& moment, const Presentation& presentation);
std::string load_text(const LoadTally& tally, const LoadFacts& facts,
                      const Presentation& presentation);
std::string load_json(const LoadTally& tally, const LoadFacts& facts);  // a line, with its end

}  // namespace tracer::cli
