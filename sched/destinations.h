// Bounds what goes to one address: how many attempts are in flight to it at a time, and how many
// start per second. Knows who holds a place at which address, and keeps the attempts that wait for
// one: first come, first served, and without a slot, so that what waits for one busy address keeps
// nobody else back.
//
// Belongs to one shard, on its thread. Without a bound nothing is kept and nothing allocated.
//
// An address is known once a name has been resolved, so an attempt asks before it connects. One
// that is told to wait leaves its slot; next() gives it out again, with a place kept at the address
// it waited for. Addresses that it goes on to after the first one (`addresses` of a monitor) are
// counted in flight, but wait for nothing. Addresses are told apart as they are written: an
// IPv4-mapped one and the IPv4 address in it are two.
//
// Invariants: first connects never exceed the bounds of their address; an attempt that waits is
// given out once. What waits is bounded by the monitors of the share (an attempt each, or two where
// the first one is a retry that was cut meanwhile), addresses by twice those in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "engine/ip_address.h"
#include "engine/probe.h"
#include "sched/pacer.h"

namespace tracer::sched {

struct AddressBounds {
  std::uint32_t in_flight = 0;         // 0: no bound
  std::int64_t start_interval_ns = 0;  // from one start to the next; 0: no bound
  bool any() const { return in_flight != 0 || start_interval_ns != 0; }
};

class Destinations {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;
  enum class Answer : std::uint8_t {
    kGo,    // to its first address
    kGoOn,  // to a further one
    kWait,  // the attempt leaves its slot, and comes out of next() again
  };

  Destinations(const AddressBounds& bounds, std::uint32_t slots);
  bool bounded() const { return !occupants_.empty(); }

  // What follows REQUIRES bounds, up to next().

  // `attempt` starts in `slot`.
  void begin(engine::Slot slot, const engine::Attempt& attempt, std::int64_t now_ns);
  // What runs in `slot` is about to connect to `address`.
  Answer ask(engine::Slot slot, const engine::IpAddress& address, std::int64_t now_ns);
  // The slot is free again.
  void left(engine::Slot slot, std::int64_t now_ns);
  // What started in the slot last.
  const engine::Attempt& attempt(engine::Slot slot) const { return occupants_[slot].visit.attempt; }

  // Begins in `slot` the attempt that has waited longest at the address where a place has been free
  // longest, and keeps the place for it. It is later now than it was, and says so. Nullptr when
  // nothing can be begun; else valid until the slot is left.
  engine::Attempt* next(engine::Slot slot, std::int64_t now_ns);
  // When next() has something, unless a place becomes free before; kNever when nothing waits for
  // time to pass.
  std::int64_t next_turn_ns() const { return turns_.empty() ? kNever : turns_.begin()->first; }
  // Everything that waits, which waits no more.
  std::vector<engine::Attempt> take_waiting();

  std::size_t waiting() const { return waiting_; }
  std::size_t addresses() const { return by_address_.size(); }

 private:
  struct Destination;
  using Turns = std::multimap<std::int64_t, Destination*>;
  struct Visit {
    engine::Attempt attempt;
    std::int64_t started_ns = 0;  // when it was given its slot, or had one last
  };
  struct Destination {
    Destination(const engine::IpAddress& of, std::int64_t start_interval_ns)
        : address(of), pacer(Pacer::every(start_interval_ns)) {}
    const engine::IpAddress address;
    Pacer pacer;
    std::uint32_t in_flight = 0;
    std::list<Visit> waiting;
    std::optional<Turns::iterator> turn;  // set exactly when somebody waits and there is a place
  };
  struct Occupant {
    Visit visit;
    Destination* place = nullptr;
    bool connected = false;  // else the place is kept for it
  };

  bool has_place(const Destination& destination) const;
  void release(Occupant& occupant, std::int64_t now_ns);
  void plan_turn(Destination& destination, std::int64_t now_ns);
  bool forgettable(const Destination& destination, std::int64_t now_ns) const;
  Destination& find(const engine::IpAddress& address, std::int64_t now_ns);

  const AddressBounds bounds_;
  std::vector<Occupant> occupants_;  // by slot; none without a bound
  std::map<engine::IpAddress, Destination> by_address_;
  Turns turns_;  // of destinations, by when; those of one time in the order in which they came
  std::size_t waiting_ = 0;
  std::size_t sweep_at_;  // so many addresses, and those not in use are forgotten
};

}  // namespace tracer::sched
