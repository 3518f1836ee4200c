#include "engine/answer_cache.h"

#include <cassert>
#include <utility>

namespace tracer::engine {

AnswerCache::AnswerCache(std::size_t capacity) : capacity_(capacity) { assert(capacity >= 1); }

AnswerCache::Hit AnswerCache::find(std::string_view key, std::int64_t now_ns) {
  const auto found = index_.find(key);
  if (found == index_.end() || found->second->expires_ns <= now_ns) return {};
  entries_.splice(entries_.begin(), entries_, found->second);
  return {&found->second->answer, found->second->revived};
}

void AnswerCache::put(std::string_view key, Answer answer, std::int64_t expires_ns,
                      std::int64_t keep_until_ns) {
  if (const auto found = index_.find(key); found != index_.end()) {
    Entry& entry = *found->second;
    entry.answer = std::move(answer);
    entry.expires_ns = expires_ns;
    entry.keep_until_ns = keep_until_ns;
    entry.revived = false;
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() == capacity_) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::string(key), std::move(answer), expires_ns, keep_until_ns, false});
  index_.emplace(entries_.front().key, entries_.begin());
}

const Answer* AnswerCache::revive(std::string_view key, std::int64_t now_ns,
                                  std::int64_t until_ns) {
  if (!has_stale(key, now_ns)) return nullptr;
  Entry& entry = *index_.find(key)->second;
  entry.revived = true;
  entry.expires_ns = until_ns;
  return &entry.answer;
}

bool AnswerCache::has_stale(std::string_view key, std::int64_t now_ns) const {
  const auto found = index_.find(key);
  return found != index_.end() && found->second->keep_until_ns > now_ns;
}

}  // namespace tracer::engine
