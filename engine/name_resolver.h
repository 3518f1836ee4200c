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
};

}  // namespace tracer::engine
