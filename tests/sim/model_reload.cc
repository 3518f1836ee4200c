// Who is checked: what a reload adds, removes and changes, for the evaluator and then for the
// shards, and what becomes of histories.

#include <algorithm>
#include <string>
#include <unordered_map>

#include "tests/sim/model.h"

namespace tracer::sim {

void Model::reload_begins(const Document& next) {
  faults_.count(Fault::kReload);
  const auto is_in = [](const Document& document, std::uint32_t number) {
    return std::ranges::find(document, number) != document.end();
  };
  change_ = {};
  std::unordered_map<std::string, std::uint32_t> removed;  // by id
  for (const std::uint32_t number : document_) {
    if (is_in(next, number)) continue;
    change_.removed.push_back(number);
    removed.emplace(scenario_.targets[number].spec.id, number);
  }
  for (const std::uint32_t number : next) {
    if (is_in(document_, number)) continue;
    change_.added.push_back(number);
    const std::string& id = scenario_.targets[number].spec.id;
    if (const auto found = removed.find(id); found != removed.end()) {
      change_.changed.emplace_back(found->second, number);
      continue;
    }
    const auto was_there = [&](const Target& target) { return target.spec.id == id; };
    const auto first = std::ranges::find_if(scenario_.targets, was_there);
    if (first - scenario_.targets.begin() != number) faults_.count(Fault::kAddedAgain);
  }
  document_ = next;
}

void Model::evaluator_follows() {
  for (const auto& [before, now] : change_.changed) {
    by_monitor_[now].history = by_monitor_[before].history;
  }
  for (const std::uint32_t number : change_.removed) {
    by_monitor_[number].retired = true;
    by_monitor_[number].history = {};
  }
}

bool Model::under_way(const Monitor& monitor) const {
  return !monitor.attempts.empty() || monitor.waiting;
}

void Model::shards_follow() {
  for (const std::uint32_t number : change_.removed) {
    Monitor& monitor = by_monitor_[number];
    monitor.present = false;
    monitor.removed_ns = now_ns();
    if (under_way(monitor)) faults_.count(Fault::kRemovedUnderWay);
  }
  for (const auto& [before, now] : change_.changed) {
    by_monitor_[now].predecessor = before;
    by_monitor_[before].heir = now;
    if (under_way(by_monitor_[before])) faults_.count(Fault::kChangedUnderWay);
  }
  for (const std::uint32_t number : change_.added) {
    inherit(number);
    Monitor& monitor = by_monitor_[number];
    monitor.present = scenario_.targets[number].spec.enabled;
    monitor.next_due_ns = now_ns() + until_first_ns(number);
  }
}

// Who comes back after having been away is the same monitor, too.
void Model::inherit(std::uint32_t number) {
  if (by_monitor_[number].predecessor != kNobody) return;
  for (std::uint32_t other = 0; other < by_monitor_.size(); ++other) {
    Monitor& earlier = by_monitor_[other];
    if (other == number || earlier.removed_ns == kNever || earlier.heir != kNobody ||
        scenario_.targets[other].spec.id != scenario_.targets[number].spec.id) {
      continue;
    }
    earlier.heir = number;
    by_monitor_[number].predecessor = other;
    return;
  }
}

// One that is removed goes on with the check that is under way, though it may have waited for its
// address ever since.
void Model::check_may_start(std::uint32_t index) const {
  const Monitor& monitor = by_monitor_[index];
  const bool waited = bounded() && monitor.removed_ns != kNever && !monitor.spoke_since &&
                      (under_way(monitor) || monitor.next_due_ns <= monitor.removed_ns);
  require(monitor.present || waited, Invariant::kSchedule,
          [&] { return about(index, "begins, and is not to be checked"); });
}

// Whoever takes a monitor's place is that monitor too, and does not overlap itself.
void Model::check_heirs(std::uint32_t index, std::int64_t end_ns) const {
  for (std::uint32_t heir = by_monitor_[index].heir; heir != kNobody;
       heir = by_monitor_[heir].heir) {
    require(by_monitor_[heir].first_start_ns >= end_ns, Invariant::kNoOverlap,
            [&] { return about(heir, "begins before what it takes the place of has ended"); });
  }
}

// Since when nothing of the monitor itself keeps a check from beginning.
std::int64_t Model::free_since_ns(const Monitor& monitor) const {
  std::int64_t since_ns = std::max(monitor.next_due_ns, monitor.idle_since_ns);
  for (std::uint32_t earlier = monitor.predecessor; earlier != kNobody;
       earlier = by_monitor_[earlier].predecessor) {
    since_ns = std::max(since_ns, by_monitor_[earlier].idle_since_ns);
  }
  return since_ns;
}

// Where nothing of the fleet's holds checks back, none that was due is still to begin.
void Model::check_forgotten() const {
  if (once()) return;
  for (std::uint32_t i = 0; i < by_monitor_.size(); ++i) {
    const Monitor& monitor = by_monitor_[i];
    bool free = monitor.present && !under_way(monitor);
    for (std::uint32_t earlier = monitor.predecessor; earlier != kNobody;
         earlier = by_monitor_[earlier].predecessor) {
      free = free && !under_way(by_monitor_[earlier]);
    }
    const bool must_begin = scenario_.calm || has_long_had_room(i);
    require(!must_begin || !free || now_ns() <= free_since_ns(monitor) + 2 * tick_ns_,
            Invariant::kSchedule, [&] { return about(i, "a check was forgotten"); });
  }
}

void Model::check_history(std::uint32_t index, const engine::History& history) const {
  require(history == by_monitor_[index].history.now(), Invariant::kHistory,
          [&] { return about(index, "is remembered otherwise than it was"); });
}

}  // namespace tracer::sim
