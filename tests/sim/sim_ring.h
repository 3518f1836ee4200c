// A kernel that does not exist: keeps the contract of engine/ring.h as a real one would on a bad
// day, in virtual time, and holds its caller to its side of that contract.
//
// Belongs to one simulation. No call waits: a wait() in which nothing is ready returns at once, as
// after a signal, and whoever drives the simulation steps the shard again once that wait would have
// ended (ready_ns()), after telling the ring so (resume()).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/ring.h"
#include "tests/sim/clock.h"
#include "tests/sim/faults.h"
#include "tests/sim/peers.h"
#include "tests/sim/random.h"
#include "tests/sim/trace.h"

namespace tracer::sim {

// The most by which a wait may end late.
inline constexpr std::int64_t kLatestNs = 20 * kMillisecond;

// How a connect goes: its result, when it is known, and who is at the other end.
struct Meeting {
  std::int32_t result = 0;
  std::int64_t at_ns = kNever;
  std::unique_ptr<Peer> peer;  // where the result is 0
  Codes allowed = 0;           // what a check may end with for this alone
};

// Who is out there.
class Peers {
 public:
  virtual ~Peers() = default;
  virtual Meeting meet(const engine::Endpoint& target, std::int64_t now_ns) = 0;
};

// Is told what becomes of the connections in a shard's slots.
class SlotWatcher {
 public:
  virtual ~SlotWatcher() = default;
  virtual void connecting(std::uint32_t, engine::Slot, const engine::Endpoint&) {}
  // From now on, unless told anew, this is what the attempt in the slot may end with.
  virtual void met(std::uint32_t, engine::Slot, Codes) {}
  // A connect has failed with this errno, and not because it was cancelled.
  virtual void failed(std::uint32_t, engine::Slot, int /*error*/) {}
  virtual void held_up(std::uint32_t, engine::Slot) {}  // longer than any attempt is to suffer
  virtual void closed(std::uint32_t, engine::Slot) {}
  // The peer was told what was not meant for the likes of it.
  virtual void overheard(std::uint32_t, engine::Slot) {}
};

class SimRing final : public engine::Ring {
 public:
  struct Surroundings {
    SimClock& clock;
    Faults& faults;
    Trace& trace;
    Peers& peers;
    SlotWatcher& watcher;
    NthFault& nth;
  };
  SimRing(const Surroundings& surroundings, std::uint32_t shard, std::uint32_t slots,
          std::uint64_t seed);
  ~SimRing() override;

  void connect(engine::Slot slot, const engine::Endpoint& target, const engine::IpAddress& source,
               engine::Token token) override;
  void send(engine::Slot slot, std::span<const std::uint8_t> bytes, engine::Token token) override;
  void receive(engine::Slot slot, engine::Token token) override;
  void cancel(engine::Slot slot) override;
  void close(engine::Slot slot, engine::Token token) override;
  void poll(int descriptor, std::uint32_t events, engine::Token token) override;
  void cancel_poll(engine::Token token) override;
  std::span<const engine::Completion> wait(std::int64_t timeout_ns) override;
  void wake() override { woken_ = true; }
  std::uint32_t slots() const override;

  // When a poll of a descriptor that does not exist is to complete. Asked at each poll().
  std::function<std::int64_t(int descriptor)> readable_at = [](int) { return kNever; };

  // Peers have something to say that they had not when they were asked for it.
  void peers_spoke();
  // When the caller's wait ends; the past, where it is not waiting.
  std::int64_t ready_ns();
  bool waiting() const { return waiting_; }
  void resume() { resumed_ = waiting_; }
  bool nothing_open() const { return open_ == 0; }

 private:
  struct Socket;
  struct Due {
    std::int64_t at_ns;
    std::uint64_t order;  // among those of one instant
    std::uint64_t operation;
    engine::Slot slot;  // kPollSlot: a poll
    bool operator>(const Due& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };
  struct Poll {
    engine::Token token;
    std::int32_t result;
  };

  Socket& begin(engine::Slot slot, Operation operation, engine::Token token);
  void schedule(Socket& socket, std::int64_t at_ns);
  void await_speech(Socket& socket);
  std::int64_t delay(engine::Slot slot);
  bool meddle(Socket& socket, Operation operation, Fault error, Fault hangs);
  bool meddle_nth(Socket& socket, Operation operation);
  void fail(Socket& socket, const ErrnoCase& error);
  void hang(Socket& socket, Operation operation);
  void park(std::int64_t timeout_ns);
  bool stale(const Due& due) const;
  std::int64_t next_due_ns();
  std::size_t take_due();
  void complete(engine::Slot slot);
  void complete_poll(std::uint64_t operation);
  std::int32_t finish_send(Socket& socket);
  std::int32_t finish_receive(Socket& socket, std::span<const std::uint8_t>& data);
  void finish_close(Socket& socket);
  engine::Slot slot_of(const Socket& socket) const;
  void record(What what, std::uint64_t subject, std::int64_t value = 0, std::int64_t shown = 0);

  Surroundings world_;
  const std::uint32_t shard_;
  Random random_;
  std::vector<Socket> slots_;
  std::uint32_t open_ = 0;
  std::uint64_t operations_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::unordered_map<std::uint64_t, Poll> polls_;  // by operation
  std::vector<engine::Completion> completions_;
  std::deque<std::vector<std::uint8_t>> lent_;  // what completions_ point into

  bool waiting_ = false;
  bool resumed_ = false;
  bool woken_ = false;
  std::int64_t wish_ns_ = 0;        // when the wait under way ends by itself
  std::int64_t early_ns_ = kNever;  // … or before, with nothing
  std::int64_t late_ns_ = 0;        // … and how much later the caller runs
  std::int64_t held_until_ns_ = 0;  // completions are kept back
};

}  // namespace tracer::sim
