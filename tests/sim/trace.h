// Everything that happens in a simulation, in order: a hash over all of it, and the last of it as
// text for whoever has to understand a failure. Belongs to one simulation.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tracer::sim {

enum class What : std::uint8_t {
  kConnect,
  kSend,
  kReceive,
  kClose,
  kCancel,
  kPoll,
  kCancelPoll,
  kCompletion,
  kResolve,
  kAsk,
  kReply,
  kOutcome,
  kCut,
  kReport,
  kEvaluate,
  kScript,
};

struct Event {
  What what = What::kScript;
  std::uint32_t shard = 0;
  std::uint64_t subject = 0;  // a slot, a monitor, a question
  std::int64_t value = 0;     // a result, a count, a code
};

class Trace {
 public:
  explicit Trace(bool verbose = false) : verbose_(verbose) {}

  // `shown` is for people alone: it may vary from run to run where the hash must not.
  void add(std::int64_t now_ns, const Event& event, std::int64_t shown = 0);

  std::uint64_t hash() const { return hash_; }
  std::uint64_t events() const { return events_; }
  std::string last_events() const;

 private:
  struct Kept {
    std::int64_t now_ns = 0;
    Event event;
    std::int64_t shown = 0;
  };
  static std::string line(const Kept& kept);

  const bool verbose_;
  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
  std::array<Kept, 60> kept_{};
};

}  // namespace tracer::sim
