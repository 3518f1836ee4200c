// DNS that does not exist: names, what their servers say at each time, and the client a Resolver
// asks through. Belongs to one simulation.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dns_client.h"
#include "engine/name_resolver.h"
#include "tests/sim/faults.h"
#include "tests/sim/random.h"
#include "tests/sim/sim_ring.h"

namespace tracer::sim {

struct Name {
  std::string text;                          // in lower case
  bool steady = false;                       // answered at once and in the same way, always
  std::vector<engine::IpAddress> addresses;  // all it ever has
};

// All servers and zones there are.
class NameServers {
 public:
  struct Reply {
    engine::DnsStatus status = engine::DnsStatus::kNoAnswer;
    std::vector<engine::IpAddress> addresses;
    std::int64_t ttl_s = -1;
    std::int64_t after_ns = kNever;  // kNever: it does not come
  };
  NameServers(std::vector<Name> names, Faults& faults, NthFault& nth, std::uint64_t seed);

  Reply ask(std::string_view name, engine::RecordType type, std::int64_t now_ns);
  // What a check of this name may end with, for what has been said, or not said, so far.
  Codes said(std::string_view name) const;
  const Name& name(std::string_view text) const;

 private:
  struct Zone {
    Name name;
    Codes said = 0;
  };
  std::map<std::string, Zone, std::less<>> zones_;
  void trouble(Zone& zone, Reply& reply, std::int64_t now_ns);
  static void say(Zone& zone, Reply& reply, engine::DnsStatus status);

  Faults& faults_;
  NthFault& nth_;
  Random random_;
  std::int64_t outage_until_ns_ = 0;
};

class SimDnsClient final : public engine::DnsClient {
 public:
  // Becomes the ring's source of what is readable. All outlive it.
  SimDnsClient(NameServers& servers, SimClock& clock, SimRing& polls, engine::Ring& ring,
               Trace& trace, std::uint32_t shard);

  void ask(std::string_view name, engine::RecordType type, std::uint32_t id,
           std::int64_t now_ns) override;
  void on_completion(const engine::Completion& completion, std::int64_t now_ns) override;
  std::int64_t next_deadline_ns() const override;
  void expire(std::int64_t now_ns) override;
  void take_replies(std::vector<engine::DnsReply>& replies) override;
  std::int64_t retry_after_ns() const override { return kSecond; }
  std::string servers() const override { return "nobody"; }

 private:
  static constexpr std::int64_t kTimeoutNs = 7 * kSecond;  // three tries
  struct Question {
    std::uint32_t id = 0;
    std::int64_t gives_up_ns = 0;
    NameServers::Reply reply;
  };
  void answer(std::uint32_t number, NameServers::Reply reply);
  static engine::Token token_of(std::uint32_t number) {
    return engine::make_token(engine::TokenOwner::kResolver, number);
  }

  NameServers& servers_;
  SimClock& clock_;
  engine::Ring& ring_;
  Trace& trace_;
  const std::uint32_t shard_;
  std::uint32_t next_number_ = 0;
  std::map<std::uint32_t, Question> open_;  // by number; they give up in that order
  std::vector<engine::DnsReply> replies_;
};

// Hands everything on to a resolver, and tells of each attempt that begins by asking it.
class ResolveWatcher {
 public:
  virtual ~ResolveWatcher() = default;
  virtual void resolving(std::uint32_t shard, engine::Slot slot, std::string_view host) = 0;
};

class WatchedResolver final : public engine::NameResolver {
 public:
  WatchedResolver(std::unique_ptr<engine::NameResolver> resolver, ResolveWatcher& watcher,
                  std::uint32_t shard)
      : resolver_(std::move(resolver)), watcher_(watcher), shard_(shard) {}

  std::optional<engine::Answer> resolve(std::string_view host, engine::IpFamily family,
                                        std::uint32_t waiter, std::int64_t now_ns) override {
    watcher_.resolving(shard_, waiter, host);
    return resolver_->resolve(host, family, waiter, now_ns);
  }
  engine::Answer give_up(std::uint32_t waiter, std::int64_t now_ns) override {
    return resolver_->give_up(waiter, now_ns);
  }
  void forget(std::uint32_t waiter) override { resolver_->forget(waiter); }
  void on_completion(const engine::Completion& completion, std::int64_t now_ns) override {
    resolver_->on_completion(completion, now_ns);
  }
  std::int64_t next_deadline_ns() const override { return resolver_->next_deadline_ns(); }
  void expire(std::int64_t now_ns) override { resolver_->expire(now_ns); }
  std::span<const std::pair<std::uint32_t, engine::Answer>> take_answers() override {
    return resolver_->take_answers();
  }

 private:
  std::unique_ptr<engine::NameResolver> resolver_;
  ResolveWatcher& watcher_;
  const std::uint32_t shard_;
};

}  // namespace tracer::sim
