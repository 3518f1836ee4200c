// Answers by key, for as long as they hold and somewhat longer. Bounded; the least recently used
// goes first. Belongs to one resolver and its thread.
//
// An answer is fresh until it expires. From then on it is stale: not given out, but kept until
// `keep_until`, so that it can be revived where nothing better is to be had (RFC 8767).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/name_resolver.h"

namespace tracer::engine {

class AnswerCache {
 public:
  explicit AnswerCache(std::size_t capacity);  // ≥ 1

  struct Hit {
    const Answer* answer = nullptr;  // nullptr: nothing; valid until the next call
    bool revived = false;            // past its time, and given out by revive()
  };
  Hit find(std::string_view key, std::int64_t now_ns);
  void put(std::string_view key, Answer answer, std::int64_t expires_ns,
           std::int64_t keep_until_ns);
  // Gives a stale answer out again until `until_ns`; nullptr where none is kept.
  const Answer* revive(std::string_view key, std::int64_t now_ns, std::int64_t until_ns);
  bool has_stale(std::string_view key, std::int64_t now_ns) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Answer answer;
    std::int64_t expires_ns;
    std::int64_t keep_until_ns;
    bool revived;
  };
  using Position = std::list<Entry>::iterator;

  std::size_t capacity_;
  std::list<Entry> entries_;                              // most recently used first
  std::unordered_map<std::string_view, Position> index_;  // keys lie in the entries
};

}  // namespace tracer::engine
