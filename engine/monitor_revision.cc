#include "engine/monitor_revision.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "engine/hash_index.h"
#include "engine/policy_interner.h"

namespace tracer::engine {

class Reviser {
 public:
  Reviser(const MonitorSet& earlier, MonitorSet fresh, std::vector<std::uint32_t>& forgotten)
      : earlier_(earlier), forgotten_(forgotten), next_(std::move(fresh)) {}

  MonitorRevision revise() &&;

 private:
  std::optional<std::uint32_t> earlier_index(const Monitor& monitor) const;
  bool same(const Monitor& before, const Monitor& now);
  bool same_labels(std::uint32_t before, std::uint32_t now);
  std::uint32_t free_index();
  void keep_retired(std::uint32_t index);
  TextRange copy(TextRange range);
  std::uint32_t keep_policy(std::uint32_t policy);
  std::uint32_t copy_labels(std::uint32_t labels);

  using Pair = std::uint64_t;  // an index of the earlier set and one of the next
  static Pair pair(std::uint32_t before, std::uint32_t now) { return Pair{before} << 32 | now; }

  const MonitorSet& earlier_;
  std::vector<std::uint32_t>& forgotten_;
  MonitorSet next_;
  HashIndex ids_;  // of the earlier set's monitors that are not retired
  std::unordered_map<Pair, bool> same_policies_;
  std::unordered_map<Pair, bool> same_labels_;
  std::unordered_map<std::uint32_t, std::uint32_t> policies_;  // kept: earlier to next
  std::unordered_map<std::uint32_t, std::uint32_t> labels_;
};

std::optional<std::uint32_t> Reviser::earlier_index(const Monitor& monitor) const {
  return ids_.find(monitor.id_hash, [&](std::uint32_t index) {
    const Monitor& other = earlier_.monitors_[index];
    return other.id_hash == monitor.id_hash && earlier_.text(other.id) == next_.text(monitor.id);
  });
}

bool Reviser::same_labels(std::uint32_t before, std::uint32_t now) {
  const auto [known, is_new] = same_labels_.try_emplace(pair(before, now), false);
  if (!is_new) return known->second;
  const MonitorSet::LabelSet& a = earlier_.label_sets_[before];
  const MonitorSet::LabelSet& b = next_.label_sets_[now];
  bool equal = a.count == b.count;
  for (std::uint32_t i = 0; equal && i < a.count; ++i) {
    const LabelList::Item& x = earlier_.label_items_[a.first + i];
    const LabelList::Item& y = next_.label_items_[b.first + i];
    equal =
        earlier_.text(x.key) == next_.text(y.key) && earlier_.text(x.value) == next_.text(y.value);
  }
  return known->second = equal;
}

bool Reviser::same(const Monitor& before, const Monitor& now) {
  if (before.port != now.port || before.enabled != now.enabled ||
      earlier_.text(before.name) != next_.text(now.name) ||
      earlier_.text(before.host) != next_.text(now.host) ||
      earlier_.text(before.server_name) != next_.text(now.server_name)) {
    return false;
  }
  const auto [known, is_new] = same_policies_.try_emplace(pair(before.policy, now.policy), false);
  if (is_new) known->second = same_policy(earlier_.policy(before), next_.policy(now));
  if (!known->second || !same_labels(before.labels, now.labels)) return false;
  next_.policies_[now.policy] = earlier_.policies_[before.policy];
  return true;
}

TextRange Reviser::copy(TextRange range) {
  if (range.length == 0) return {};
  assert(next_.arena_.size() + range.length <= UINT32_MAX);
  const auto offset = static_cast<std::uint32_t>(next_.arena_.size());
  next_.arena_.append(earlier_.text(range));
  return {offset, range.length};
}

std::uint32_t Reviser::keep_policy(std::uint32_t policy) {
  const auto [known, is_new] = policies_.try_emplace(policy, 0);
  if (is_new) {
    known->second = static_cast<std::uint32_t>(next_.policies_.size());
    next_.policies_.push_back(earlier_.policies_[policy]);
  }
  return known->second;
}

std::uint32_t Reviser::copy_labels(std::uint32_t labels) {
  const auto [known, is_new] = labels_.try_emplace(labels, 0);
  if (!is_new) return known->second;
  const MonitorSet::LabelSet& set = earlier_.label_sets_[labels];
  if (set.count == 0) return 0;
  known->second = static_cast<std::uint32_t>(next_.label_sets_.size());
  next_.label_sets_.push_back({static_cast<std::uint32_t>(next_.label_items_.size()), set.count});
  for (std::uint32_t i = 0; i < set.count; ++i) {
    const LabelList::Item& item = earlier_.label_items_[set.first + i];
    next_.label_items_.push_back({copy(item.key), copy(item.value)});
  }
  return known->second;
}

void Reviser::keep_retired(std::uint32_t index) {
  Monitor monitor = earlier_.monitors_[index];
  monitor.name = copy(monitor.name);
  monitor.id = copy(monitor.id);
  monitor.host = copy(monitor.host);
  monitor.server_name = copy(monitor.server_name);
  monitor.policy = keep_policy(monitor.policy);
  monitor.labels = copy_labels(monitor.labels);
  monitor.enabled = false;
  monitor.retired = true;
  next_.monitors_[index] = monitor;
}

std::uint32_t Reviser::free_index() {
  if (forgotten_.empty()) {
    next_.monitors_.emplace_back();
    return static_cast<std::uint32_t>(next_.monitors_.size() - 1);
  }
  const std::uint32_t index = forgotten_.back();
  forgotten_.pop_back();
  return index;
}

MonitorRevision Reviser::revise() && {
  MonitorRevision revision;
  const std::vector<Monitor> fresh = std::move(next_.monitors_);
  const auto earlier_size = static_cast<std::uint32_t>(earlier_.monitors_.size());
  for (std::uint32_t i = 0; i < earlier_size; ++i) {
    const Monitor& monitor = earlier_.monitors_[i];
    if (!monitor.retired) ids_.insert(monitor.id_hash, i);
  }
  next_.monitors_.assign(earlier_size, {});
  std::vector<bool> settled(earlier_size, false);  // the index has its monitor
  // What is forgotten and not given away again says nothing any more.
  for (const std::uint32_t index : forgotten_) {
    assert(earlier_.monitors_[index].retired);
    next_.monitors_[index].enabled = false;
    next_.monitors_[index].retired = true;
    settled[index] = true;
  }
  for (const Monitor& monitor : fresh) {
    const auto before = earlier_index(monitor);
    if (before && same(earlier_.monitors_[*before], monitor)) {
      next_.monitors_[*before] = monitor;
      settled[*before] = true;
      ++revision.unchanged;
      continue;
    }
    const std::uint32_t index = free_index();
    next_.monitors_[index] = monitor;
    revision.added.push_back(index);
    if (before) revision.changed.emplace_back(*before, index);
  }
  for (std::uint32_t i = 0; i < earlier_size; ++i) {
    if (settled[i]) continue;
    if (!earlier_.monitors_[i].retired) revision.removed.push_back(i);
    keep_retired(i);
  }
  std::ranges::sort(revision.added);
  revision.monitors = std::move(next_);
  return revision;
}

MonitorRevision revise(const MonitorSet& earlier, MonitorSet fresh,
                       std::vector<std::uint32_t>& forgotten) {
  return Reviser(earlier, std::move(fresh), forgotten).revise();
}

}  // namespace tracer::engine
