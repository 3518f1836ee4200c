// The histories of a set's monitors, by their index. The evaluator owns it and is the one that
// writes it, on its thread; whoever keeps it over a restart takes copies there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/history.h"

namespace tracer::sched {

class HistoryBook {
 public:
  explicit HistoryBook(std::size_t monitors = 0) : histories_(monitors) {}

  std::size_t size() const { return histories_.size(); }
  const engine::History& at(std::uint32_t monitor) const { return histories_[monitor]; }
  // All of them, for a copy.
  const std::vector<engine::History>& all() const { return histories_; }
  // Another number whenever something has changed.
  std::uint64_t revision() const { return revision_; }

  void observe(std::uint32_t monitor, engine::Verdict verdict, std::int64_t at_unix_ms) {
    change(monitor).observe(verdict, at_unix_ms);
  }
  void skip(std::uint32_t monitor, std::uint32_t count) { change(monitor).skip(count); }
  void set(std::uint32_t monitor, const engine::History& history) { change(monitor) = history; }
  // For a set that has grown: new monitors have no history.
  void resize(std::size_t monitors) { histories_.resize(monitors); }
  // `to` has taken the place of `from`, which is left without a history.
  void carry(std::uint32_t from, std::uint32_t to) {
    set(to, histories_[from]);
    set(from, {});
  }

 private:
  engine::History& change(std::uint32_t monitor) {
    ++revision_;
    return histories_[monitor];
  }

  std::vector<engine::History> histories_;
  std::uint64_t revision_ = 0;
};

}  // namespace tracer::sched
