#include "tests/unit/engine/ring_worlds.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <stdexcept>
#include <utility>

#include "engine/epoll_ring.h"
#include "engine/uring_ring.h"
#include "tests/sim/sim_ring.h"
#include "tests/unit/engine/loopback.h"

namespace tracer::engine::testing {
namespace {

// ---- the kernel's -----------------------------------------------------------------------------

class LoopbackPeer final : public RingPeer {
 public:
  explicit LoopbackPeer(Socket socket) : socket_(std::move(socket)) {}
  void send(std::string_view bytes) override { socket_.send(bytes); }
  std::string receive() override { return socket_.receive(); }
  void end_of_stream() override { socket_.end_of_stream(); }

 private:
  Socket socket_;
};

class LoopbackWorld final : public RingWorld {
 public:
  using Create = tl::expected<std::unique_ptr<Ring>, std::string> (*)(std::uint32_t slots);
  explicit LoopbackWorld(Create create) : create_(create) { full_.fill_backlog(); }

  std::unique_ptr<Ring> make_ring(std::uint32_t slots) override {
    auto ring = create_(slots);
    if (!ring) throw std::runtime_error(ring.error());
    return std::move(*ring);
  }
  Endpoint listening() override { return listener_.endpoint(); }
  Endpoint refusing() override { return refusing_.endpoint(); }
  Endpoint hanging() override { return full_.endpoint(); }
  std::unique_ptr<RingPeer> accept() override {
    return std::make_unique<LoopbackPeer>(listener_.accept());
  }

 private:
  const Create create_;
  const Listener listener_;
  const RefusingPort refusing_;
  Listener full_{0};
};

// ---- the simulated one ------------------------------------------------------------------------

// What a test and the ring's end of a connection share.
struct Line {
  std::deque<sim::Peer::Speech> says;
  std::string heard;
};

class LinePeer final : public sim::Peer {
 public:
  explicit LinePeer(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  void hear(std::string_view bytes, std::int64_t) override { line_->heard += bytes; }

 private:
  void refill(std::int64_t) override { says_ = std::exchange(line_->says, {}); }
  std::shared_ptr<Line> line_;
};

class SimulatedWorld final : public RingWorld, private sim::Peers {
 public:
  std::unique_ptr<Ring> make_ring(std::uint32_t slots) override;
  Endpoint listening() override { return {address_, kListening}; }
  Endpoint refusing() override { return {address_, kRefusing}; }
  Endpoint hanging() override { return {address_, kHanging}; }
  std::unique_ptr<RingPeer> accept() override;
  void say(Line& line, std::string_view bytes);

 private:
  class SelfDrivenRing;
  static constexpr std::uint16_t kListening = 1;
  static constexpr std::uint16_t kRefusing = 2;
  static constexpr std::uint16_t kHanging = 3;

  sim::Meeting meet(const Endpoint& target, std::int64_t now_ns) override {
    if (target.port == kRefusing) return {-ECONNREFUSED, now_ns, nullptr, 0};
    if (target.port == kHanging) return {0, sim::kNever, nullptr, 0};
    lines_.push_back(std::make_shared<Line>());
    return {0, now_ns, std::make_unique<LinePeer>(lines_.back()), 0};
  }

  const IpAddress address_ = IpAddress::parse("192.0.2.1").value();
  sim::SimClock clock_;
  sim::Faults faults_;
  sim::Trace trace_;
  sim::SlotWatcher watcher_;
  sim::NthFault nth_;
  std::deque<std::shared_ptr<Line>> lines_;  // not accepted yet
  sim::SimRing* ring_ = nullptr;
};

// One whose waits take the time they should, and a little passes between them.
class SimulatedWorld::SelfDrivenRing final : public Ring {
 public:
  SelfDrivenRing(std::unique_ptr<sim::SimRing> ring, sim::SimClock& clock)
      : ring_(std::move(ring)), clock_(clock) {}
  void connect(Slot slot, const Endpoint& target, const IpAddress& source, Token token) override {
    ring_->connect(slot, target, source, token);
  }
  void send(Slot slot, std::span<const std::uint8_t> bytes, Token token) override {
    ring_->send(slot, bytes, token);
  }
  void receive(Slot slot, Token token) override { ring_->receive(slot, token); }
  void cancel(Slot slot) override { ring_->cancel(slot); }
  void close(Slot slot, Token token) override { ring_->close(slot, token); }
  void poll(int descriptor, std::uint32_t events, Token token) override {
    ring_->poll(descriptor, events, token);
  }
  void cancel_poll(Token token) override { ring_->cancel_poll(token); }
  void wake() override { ring_->wake(); }
  std::uint32_t slots() const override { return ring_->slots(); }
  std::span<const Completion> wait(std::int64_t timeout_ns) override {
    auto completions = ring_->wait(timeout_ns);
    if (ring_->waiting()) {
      clock_.move_to(ring_->ready_ns());
      ring_->resume();
      completions = ring_->wait(timeout_ns);
    }
    clock_.move_to(clock_.monotonic_ns() + sim::kMillisecond);
    return completions;
  }

 private:
  std::unique_ptr<sim::SimRing> ring_;
  sim::SimClock& clock_;
};

class SimulatedPeer final : public RingPeer {
 public:
  SimulatedPeer(SimulatedWorld& world, std::shared_ptr<Line> line)
      : world_(world), line_(std::move(line)) {}
  void send(std::string_view bytes) override { world_.say(*line_, bytes); }
  void end_of_stream() override { world_.say(*line_, ""); }
  std::string receive() override { return std::exchange(line_->heard, {}); }

 private:
  SimulatedWorld& world_;
  std::shared_ptr<Line> line_;
};

std::unique_ptr<Ring> SimulatedWorld::make_ring(std::uint32_t slots) {
  const sim::SimRing::Surroundings surroundings{clock_, faults_, trace_, *this, watcher_, nth_};
  auto ring = std::make_unique<sim::SimRing>(surroundings, 0, slots, 1);
  ring_ = ring.get();
  return std::make_unique<SelfDrivenRing>(std::move(ring), clock_);
}

std::unique_ptr<RingPeer> SimulatedWorld::accept() {
  auto line = lines_.front();
  lines_.pop_front();
  return std::make_unique<SimulatedPeer>(*this, std::move(line));
}

void SimulatedWorld::say(Line& line, std::string_view bytes) {
  line.says.push_back({clock_.monotonic_ns(), std::string(bytes)});
  ring_->peers_spoke();
}

}  // namespace

std::unique_ptr<RingWorld> uring_world() {
  return std::make_unique<LoopbackWorld>(&create_uring_ring);
}
std::unique_ptr<RingWorld> epoll_world() {
  return std::make_unique<LoopbackWorld>(&create_epoll_ring);
}
std::unique_ptr<RingWorld> simulated_world() { return std::make_unique<SimulatedWorld>(); }

}  // namespace tracer::engine::testing
