// Keeps the histories of a run over a restart: reads them before it, and writes them while it goes
// on and when it ends. Does nothing where no file was asked for.
//
// Belongs to the main thread before and after a run, and is called on the evaluator's thread while
// it goes on. Owns one thread, which writes: a disk that is slow or full never holds a run up.
//
// Invariants: results that a written state counts have left this process before; trouble is told
// once, tried again at every interval, and told when it is over.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/clock.h"
#include "engine/monitor.h"
#include "sched/history_book.h"
#include "sched/report_sink.h"
#include "tools/tracer/state/state_file.h"

namespace tracer::cli {

struct StateOptions {
  std::string path;                   // empty: nothing is kept
  std::int64_t interval_ms = 30'000;  // between two writes, at least
  std::string restore_from;           // empty: the file at `path`
};

class StateSink final : public sched::ReportSink {
 public:
  // What people are told, a line at a time without its end; on any thread, one at a time.
  using Say = std::function<void(const std::string& line)>;

  // What is known of which monitors; called on the evaluator's thread.
  struct Known {
    std::shared_ptr<const engine::MonitorSet> monitors;
    const sched::HistoryBook& histories;  // until the next call
  };
  using Look = std::function<Known()>;

  // The clock outlives the sink.
  StateSink(const StateOptions& options, const engine::Clock& clock, Say say);
  ~StateSink() override;
  StateSink(const StateSink&) = delete;
  StateSink& operator=(const StateSink&) = delete;

  // Reads what there is; an empty book where nothing was asked for. Called once, first.
  sched::HistoryBook restore(const engine::MonitorSet& monitors);
  // How the histories are found while the run goes on and when it has ended, and where its results
  // go. Called before it.
  void watch(Look look, sched::ReportSink& results);

  void write(std::span<const engine::Report>) override {}
  void tick() override;
  // Writes the state at the end. Its trouble is told and is none of the results'.
  tl::expected<void, std::string> finish() override;

 private:
  Restored restore_from_other(const engine::MonitorSet& monitors) const;
  void write_if_changed();
  void serve();
  void wait_until_idle();

  const StateOptions options_;
  const engine::Clock& clock_;
  const Say say_;
  Look look_;
  sched::ReportSink* results_ = nullptr;
  std::int64_t next_ns_ = 0;
  std::uint64_t handed_over_ = 0;  // the revision of the last copy

  std::optional<StateFile> file_;  // the thread's, once that runs
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by the mutex; what was copied is the writer's alone while it is busy.
  bool busy_ = false;
  bool stopping_ = false;
  bool failing_ = false;  // the last write did not work, or the file could not be claimed
  std::shared_ptr<const engine::MonitorSet> monitors_;
  std::vector<engine::History> copy_;
  std::int64_t copied_unix_ms_ = 0;
};

}  // namespace tracer::cli
