// The seam to DNS: questions of one record type, each answered once. The resolver above it keeps
// caches and waiters; what is below it moves packets (engine/ares_client.h) or simulates them.
//
// Belongs to one shard and its thread. No call blocks.
//
// Contract, for every implementation:
//  1. ask() leads to exactly one Reply with its id, never from within ask() but out of
//     take_replies(), unless the client is destroyed first.
//  2. Time-outs and repetitions are the client's; every Reply comes within a bounded time.
//  3. Times are those of the caller's monotonic clock.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ip_address.h"
#include "engine/ring.h"

namespace tracer::engine {

inline constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();

enum class RecordType : std::uint8_t { kA, kAaaa };

enum class DnsStatus : std::uint8_t {
  kAddresses,      // at least one
  kNoData,         // the name exists, without such a record
  kNotFound,       // NXDOMAIN, or no name that DNS could hold
  kServerFailure,  // an answer came, and is SERVFAIL, REFUSED or makes no sense
  kNoAnswer,       // nothing came, or no server could be reached
  kLocalFailure,   // the question could not be put: memory
};

struct DnsReply {
  std::uint32_t id = 0;
  DnsStatus status = DnsStatus::kNoAnswer;
  std::vector<IpAddress> addresses;
  std::int64_t ttl_s = -1;  // least of the chain of records; of no such record: the zone's SOA; -1
  std::string detail;
};

class DnsClient {
 public:
  virtual ~DnsClient() = default;
  // `name` is absolute, without the trailing dot.
  virtual void ask(std::string_view name, RecordType type, std::uint32_t id,
                   std::int64_t now_ns) = 0;
  virtual void on_completion(const Completion& completion, std::int64_t now_ns) = 0;
  virtual std::int64_t next_deadline_ns() const = 0;  // kNoDeadline: none
  virtual void expire(std::int64_t now_ns) = 0;
  // Appends what was answered since the last call.
  virtual void take_replies(std::vector<DnsReply>& replies) = 0;
  // After which a question without an answer is put a second time.
  virtual std::int64_t retry_after_ns() const = 0;
  virtual std::string servers() const = 0;  // for messages
};

}  // namespace tracer::engine
