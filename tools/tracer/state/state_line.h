// The lines of a state file, written and read, and the lines of results as far as histories are
// made of them. docs/state.md describes both for people. Belongs to one thread.
//
// Invariant: what is read is foreign; any bytes lead to a line or to a fault, in bounded work.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "engine/history.h"
#include "engine/outcome.h"

namespace tracer::cli {

struct StateHeader {
  std::uint64_t format = 0;  // when it is not kStateFormat, nothing else is known
  std::int64_t written_unix_ms = 0;
  std::uint64_t monitors = 0;  // lines that follow
};

// `id` is valid until the next line is read.
struct MonitorHistory {
  std::string_view id;
  engine::History history;
};

// A line that `tracer run --json` has written.
struct PastResult {
  std::string_view id;
  engine::Verdict verdict = engine::Verdict::kUnknown;
  std::int64_t started_unix_ms = 0;
  bool observed = true;  // see engine::is_observed()
};

// It is none of them: why, in a few words.
struct LineFault {
  std::string_view reason;
};

using StateLine = std::variant<LineFault, StateHeader, MonitorHistory, PastResult>;

// Without the line's end.
void append_state_header(std::string& out, const StateHeader& header);
void append_monitor_history(std::string& out, const MonitorHistory& monitor);

class StateLineParser {
 public:
  StateLineParser();
  ~StateLineParser();

  // REQUIRES: LineReader::kPadding bytes after the line may be read.
  StateLine parse(std::string_view line);

 private:
  struct Json;
  std::unique_ptr<Json> json_;
};

}  // namespace tracer::cli
