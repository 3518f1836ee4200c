// Histories from what an earlier run has left: a state file, or the results it wrote as JSON lines.
// Called before a run, by one thread; holds nothing afterwards.
//
// Nothing that is found keeps a run from starting: what is damaged is left out and told, with its
// place, and those monitors start without a history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/monitor.h"
#include "sched/history_book.h"

namespace tracer::cli {

struct Restored {
  enum class Source : std::uint8_t {
    kNothing,  // no bytes
    kState,
    kResults,
    kForeign,  // neither of the two
    kNewer,    // a state file in a format that this version does not know
  };
  Source source = Source::kNothing;
  sched::HistoryBook histories;      // of the set's size, whatever was found
  std::size_t monitors = 0;          // that have a history now
  std::size_t departed = 0;          // lines about monitors that the set does not have
  std::size_t missing = 0;           // lines that the header promises and the file does not have
  std::size_t damaged = 0;           // lines
  std::uint64_t damaged_line = 0;    // the first of them
  std::string_view reason;           // … and what is wrong with it
  std::int64_t written_unix_ms = 0;  // of a state file; 0: not known
  int error = 0;                     // errno of reading: the rest of the file is not known
};

// Reads from where the descriptor stands. Results are to be in the order in which they were
// written.
Restored restore_histories(int descriptor, const engine::MonitorSet& monitors);

// What people are told about it: one line for what went on, one for what is wrong; either may be
// empty. `file` is how the file is called.
struct RestoreMessages {
  std::string note;
  std::string warning;
};
RestoreMessages restore_messages(const Restored& restored, std::string_view file);

}  // namespace tracer::cli
