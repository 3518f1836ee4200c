// The file that keeps histories over a restart: claimed for one run, read, and replaced whole. Used
// by one thread at a time.
//
// Invariants:
//  1. Under its name there is always a whole file: the earlier one, or the next one, which has
//     reached the disk before it takes the name.
//  2. Only an empty file or a state file in a known format is ever replaced, and only by the run
//     that holds its lock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/clock.h"
#include "engine/history.h"
#include "engine/monitor.h"
#include "tools/tracer/state/restore.h"

namespace tracer::cli {

class StateFile {
 public:
  // The clock outlives this.
  StateFile(std::string path, const engine::Clock& clock);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // Makes the file where there is none, locks it, and reads it. The error is one sentence; the file
  // is not this run's then.
  tl::expected<Restored, std::string> claim(const engine::MonitorSet& monitors);

  // Puts a new file in its place; claims it first where that has not worked yet. After an error the
  // earlier file stands. `histories`: by index in the set.
  tl::expected<void, std::string> replace(const engine::MonitorSet& monitors,
                                          const std::vector<engine::History>& histories,
                                          std::int64_t as_of_unix_ms);

 private:
  tl::expected<void, std::string> lock();
  bool still_claimed() const;
  void release();

  const std::string path_;
  const engine::Clock& clock_;
  int locked_ = -1;  // the file that has the name, as long as it is ours
};

}  // namespace tracer::cli
