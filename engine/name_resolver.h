// The seam between probes and DNS. One per shard, on its thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/failure.h"
#include "engine/ip_address.h"
#include "engine/monitor.h"
#include "engine/ring.h"

namespace tracer::engine {

struct AddressList {
  std::vector<IpAddress> addresses;  // RFC 6724 order, at most limits::kMaxAddresses
};

struct Answer {
  FailureCode failure = FailureCode::kNone;
  std::shared_ptr<const AddressList> addresses;  // not empty when there is no failure
  std::string detail;
};

struct NameStatistics {
  std::uint64_t queries = 0;   // questions put, repetitions not counted
  std::uint64_t hits = 0;      // answered from the cache, stale ones included
  std::uint64_t misses = 0;    // had to wait for an answer
  std::uint64_t stale = 0;     // answers that were past their time
  std::uint64_t failures = 0;  // lookups that ended in a failure
  std::uint64_t entries = 0;   // of the cache; now
  std::uint64_t waiting = 0;   // for an answer; now

  NameStatistics& operator+=(const NameStatistics& other) {
    queries += other.queries;
    hits += other.hits;
    misses += other.misses;
    stale += other.stale;
    failures += other.failures;
    entries += other.entries;
    waiting += other.waiting;
    return *this;
  }
};

class NameResolver {
 public:
  virtual ~NameResolver() = default;

  // Either the answer at once (a literal, the hosts file, the cache), or nothing: then it is given
  // to `waiter` later, exactly once, unless give_up() or forget() comes first.
  virtual std::optional<Answer> resolve(std::string_view host, IpFamily family,
                                        std::uint32_t waiter, std::int64_t now_ns) = 0;
  // The waiter's own time is over: the failure to report, or the answer that lies ready.
  virtual Answer give_up(std::uint32_t waiter, std::int64_t now_ns) = 0;
  // The same when nobody wants to know why; one that does not wait is ignored.
  virtual void forget(std::uint32_t waiter) = 0;

  // The shard's side: completions whose token is the resolver's, time that passes, and the answers
  // that both have led to since the last call, as (waiter, answer); valid until the next call.
  virtual void on_completion(const Completion& completion, std::int64_t now_ns) = 0;
  virtual std::int64_t next_deadline_ns() const = 0;  // INT64_MAX: none
  virtual void expire(std::int64_t now_ns) = 0;
  virtual std::span<const std::pair<std::uint32_t, Answer>> take_answers() = 0;

  // Counts since it was made. Nothing where there is nothing to count.
  virtual NameStatistics statistics() const { return {}; }
};

}  // namespace tracer::engine
