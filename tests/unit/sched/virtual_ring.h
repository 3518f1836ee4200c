// A network in virtual time for one shard: connects end as a test says, nothing is sent or
// received, and waiting moves the clock. Keeps count of who is connected where. The shard's thread;
// the clock may be read from any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/clock.h"
#include "engine/ring.h"

namespace tracer::sched::testing {

class VirtualClock final : public engine::Clock {
 public:
  std::int64_t monotonic_ns() const override { return now_ns.load(); }
  std::int64_t unix_ms() const override { return 1'700'000'000'000 + now_ns / 1'000'000; }
  std::atomic<std::int64_t> now_ns{1'000'000'000'000};
};

// What a connect comes to: a result, so long after it was asked for.
struct Fate {
  std::int64_t after_ns = 1'000'000;
  std::int32_t result = 0;
};

class VirtualRing final : public engine::Ring {
 public:
  struct Traffic {
    std::function<Fate(const engine::Endpoint&)> fate = [](const engine::Endpoint&) {
      return Fate{};
    };
    std::map<engine::IpAddress, std::uint32_t> open;               // sockets
    std::map<engine::IpAddress, std::uint32_t> most_open;          // … at a time
    std::map<std::string, std::vector<std::int64_t>> connects_ns;  // by endpoint
    std::uint64_t connects = 0;
    std::uint64_t overlaps = 0;           // connects to an endpoint that had a socket open
    std::int64_t horizon_ns = INT64_MAX;  // the clock stops here
  };

  VirtualRing(std::uint32_t slots, VirtualClock& clock, Traffic& traffic)
      : slots_(slots), clock_(clock), traffic_(traffic), sockets_(slots) {}

  void connect(engine::Slot slot, const engine::Endpoint& target, const engine::IpAddress&,
               engine::Token token) override {
    ++traffic_.connects;
    traffic_.connects_ns[target.to_string()].push_back(clock_.now_ns);
    auto& most = traffic_.most_open[target.address];
    most = std::max(most, ++traffic_.open[target.address]);
    if (++users_[target.to_string()] > 1) ++traffic_.overlaps;
    const Fate fate = traffic_.fate(target);
    sockets_[slot] = {target, {token, fate.result, {}}, clock_.now_ns + fate.after_ns};
    pending_.emplace(sockets_[slot].ready_ns, slot);
  }
  void cancel(engine::Slot slot) override {
    pending_.erase({sockets_[slot].ready_ns, slot});
    sockets_[slot].completion.result = -ECANCELED;
    sockets_[slot].ready_ns = clock_.now_ns;
    pending_.emplace(clock_.now_ns, slot);
  }
  void close(engine::Slot slot, engine::Token token) override {
    Socket& socket = sockets_[slot];
    --traffic_.open[socket.target.address];
    --users_[socket.target.to_string()];
    socket.completion = {token, 0, {}};
    socket.ready_ns = clock_.now_ns;
    pending_.emplace(clock_.now_ns, slot);
  }
  void send(engine::Slot, std::span<const std::uint8_t>, engine::Token) override { assert(false); }
  void receive(engine::Slot, engine::Token) override { assert(false); }
  void poll(int, std::uint32_t, engine::Token) override { assert(false); }
  void cancel_poll(engine::Token) override { assert(false); }

  std::span<const engine::Completion> wait(std::int64_t timeout_ns) override {
    std::int64_t until_ns = traffic_.horizon_ns;
    if (timeout_ns >= 0) until_ns = std::min(until_ns, clock_.now_ns + timeout_ns);
    if (!pending_.empty()) until_ns = std::min(until_ns, pending_.begin()->first);
    if (until_ns != INT64_MAX) clock_.now_ns = std::max(clock_.now_ns.load(), until_ns);
    completed_.clear();
    while (!pending_.empty() && pending_.begin()->first <= clock_.now_ns) {
      completed_.push_back(sockets_[pending_.begin()->second].completion);
      pending_.erase(pending_.begin());
    }
    return completed_;
  }
  void wake() override {}
  std::uint32_t slots() const override { return slots_; }

 private:
  struct Socket {
    engine::Endpoint target;
    engine::Completion completion;
    std::int64_t ready_ns = 0;
  };

  const std::uint32_t slots_;
  VirtualClock& clock_;
  Traffic& traffic_;
  std::vector<Socket> sockets_;
  std::set<std::pair<std::int64_t, engine::Slot>> pending_;
  std::map<std::string, std::uint32_t> users_;  // by endpoint
  std::vector<engine::Completion> completed_;
};

}  // namespace tracer::sched::testing
