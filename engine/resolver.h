// From a host, as a monitor names it, to the addresses to connect to.
//
// Belongs to one shard and its thread; no call blocks after create(), which reads the system's
// configuration and hosts file. Times are nanoseconds of the shard's monotonic clock, read once a
// tick.
//
// A host is, in this order: an address literal; a name in the hosts file; a name in DNS. Names are
// taken as absolute, with or without a trailing dot: search domains would make what a monitor
// watches depend on the machine it is watched from. They go out as they are; none is converted to
// IDNA.
//
// How DNS is asked:
//  1. A and AAAA are two questions. When one brought addresses, the other is waited for no longer
//     than Options::partner_delay_ms; should it come later, it completes the cached answer. That it
//     fails is no failure.
//  2. Any number of waiters for one name and family share one lookup; and at most
//     Options::max_queries are under way at a time, others queue.
//  3. Answers are cached: addresses for their TTL within [1 s, 1 h], a name that does not exist or
//     has no address for its zone's negative TTL within [5 s, 30 s], a server's failure for 5 s.
//  4. Addresses whose time is over are kept for a day, and are served again (RFC 8767) when no
//     server answers for Options::stale_after_ms, or at all; then for 30 s, before it is tried
//     anew.
//
// Whose fault a missing answer is: kDnsNotFound, kDnsNoAddress and kDnsServerFailure were said by a
// server, about this name. When nothing comes, there are two cases. Where the servers answered
// other questions meanwhile, after this one had been repeated, the silence is about this name (its
// zone's servers are dead, and a recursive server waits for them): kDnsServerFailure. Else no
// server can be shown to be alive, the name is not to blame, and the answer is kDnsTimeout, which
// is a fault of ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "engine/address_order.h"
#include "engine/answer_cache.h"
#include "engine/dns_client.h"
#include "engine/hosts_file.h"
#include "engine/monitor.h"
#include "engine/name_resolver.h"
#include "engine/ring.h"

namespace tracer::engine {

class Resolver final : public NameResolver {
 public:
  struct Options {
    std::vector<std::string>
        servers;  // "127.0.0.1:5353", "[::1]:53", "9.9.9.9"; empty: the system's
    std::string hosts_file = "/etc/hosts";  // empty: none
    std::int64_t timeout_ms = 1000;  // of the first try; each further one waits twice as long
    int tries = 3;                   // of each server
    std::int64_t partner_delay_ms = 250;
    std::int64_t stale_after_ms = 1800;
    std::size_t max_queries = 128;  // what a UDP socket's receive buffer holds the answers to
    std::size_t cache_entries = 65'536;
  };

  // The error names the option that does not make sense. `ring` outlives the resolver.
  static tl::expected<std::unique_ptr<Resolver>, std::string> create(const Options& options,
                                                                     Ring& ring);
  // For tests and simulations. Requires what create() checks.
  Resolver(const Options& options, std::unique_ptr<DnsClient> client, HostsFile hosts,
           SourceFinder source_of);
  ~Resolver() override;

  // Answered at once from a literal, the hosts file or the cache; else nothing, and the answer for
  // `waiter` comes out of take_answers() later, exactly once. REQUIRES: `waiter` waits for nothing.
  std::optional<Answer> resolve(std::string_view host, IpFamily family, std::uint32_t waiter,
                                std::int64_t now_ns) override;

  // The waiter's own time is over: it gets no answer any more, but here the failure to report (see
  // above), or the answer that lies ready. The lookup goes on for others and for the cache.
  // REQUIRES: `waiter` waits, or its answer has not been taken.
  Answer give_up(std::uint32_t waiter, std::int64_t now_ns) override;
  // The same, when nobody wants to know why; a waiter that does not wait is ignored.
  void forget(std::uint32_t waiter) override;

  void on_completion(const Completion& completion, std::int64_t now_ns) override;
  std::int64_t next_deadline_ns() const override;  // constant time
  void expire(std::int64_t now_ns) override;
  std::span<const std::pair<std::uint32_t, Answer>> take_answers() override;

  NameStatistics statistics() const override;

 private:
  struct Question {
    bool wanted = false;  // of this family
    bool asked = false;   // else it queues
    bool answered = false;
    std::int64_t asked_ns = 0;
    DnsReply reply;
  };
  struct Lookup {
    std::string key;                     // see cache_key()
    Question questions[2];               // by RecordType
    std::vector<std::uint32_t> waiters;  // those that gave up included
    std::size_t waiting = 0;             // those that did not
    std::int64_t started_ns = 0;
    std::int64_t timer_ns = kNoDeadline;  // of the partner, or of serving stale; in timers_
  };
  using LookupIndex = std::uint32_t;

  LookupIndex start_lookup(std::string_view key, IpFamily family, std::int64_t now_ns);
  void ask_queued(std::int64_t now_ns);
  void drain_replies(std::int64_t now_ns);
  void on_reply(DnsReply reply, std::int64_t now_ns);
  void on_timer(LookupIndex index, std::int64_t now_ns);
  bool serve_stale(LookupIndex index, std::int64_t now_ns);
  void publish(LookupIndex index, std::int64_t now_ns);
  void answer_waiters(LookupIndex index, const Answer& answer);
  void end_lookup(LookupIndex index);
  void set_timer(LookupIndex index, std::int64_t timer_ns);
  Answer failure_of(const Lookup& lookup, std::int64_t now_ns) const;
  Answer silence(const Question& question, std::int64_t now_ns) const;
  static std::int64_t failure_ttl_ns(const Lookup& lookup, FailureCode code);

  Options options_;
  std::unique_ptr<DnsClient> client_;
  HostsFile hosts_;
  SourceFinder source_of_;
  AnswerCache cache_;

  std::deque<Lookup> lookups_;  // in use, or listed in free_
  std::vector<LookupIndex> free_;
  std::unordered_map<std::string, LookupIndex> by_key_;
  std::unordered_map<std::uint32_t, LookupIndex> by_waiter_;
  std::set<std::pair<std::int64_t, LookupIndex>> timers_;
  std::deque<std::uint32_t> queue_;  // ids of questions not asked yet
  std::size_t under_way_ = 0;        // questions asked and not answered
  std::int64_t last_life_ns_ = -1;   // when a server answered last
  std::vector<DnsReply> replies_;
  std::vector<std::pair<std::uint32_t, Answer>> answers_;
  std::vector<std::pair<std::uint32_t, Answer>> taken_;
  NameStatistics statistics_;
};

}  // namespace tracer::engine
