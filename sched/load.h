// A load: connections to one target, not a monitor's schedule. It says when the next one of a shard
// is due; whoever asks tells it the time.
//
// Belongs to one shard, on its thread.
//
// With a rate it is an open loop: connection number n is due n / rate after the beginning, whatever
// became of those before it. One that has to wait for a slot is begun late, and none is left out
// while time lasts, so that what a slow target has kept from being begun shows in how late it was.
// Without a rate it is a closed loop: a connection is due as soon as there is a slot for it.
//
// Several shards make one load: each takes every `shards`th connection, and its part of the count.
#pragma once

#include <cstdint>
#include <optional>

namespace tracer::sched {

struct LoadPlan {
  // Numbers stay within 64 bits up to here.
  static constexpr std::uint32_t kMaxRate = 1'000'000;
  static constexpr std::int64_t kMaxNs = std::int64_t{3600} * 1'000'000'000;

  std::uint32_t rate = 0;             // a second, over all shards; 0: a closed loop
  std::uint32_t in_flight = 1;        // at a time, over all shards
  std::uint64_t count = UINT64_MAX;   // of those after the warm-up, over all shards
  std::int64_t warm_up_ns = 0;        // at most kMaxNs; connections due by then are marked
  std::int64_t duration_ns = kMaxNs;  // from the end of the warm-up; at most kMaxNs
  std::uint32_t shard = 0;
  std::uint32_t shards = 1;

  // What falls to `shard` of so many.
  std::uint64_t part_of(std::uint64_t whole) const {
    return whole / shards + (shard < whole % shards ? 1 : 0);
  }
};

class Load {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;
  struct Start {
    std::int64_t late_ns = 0;  // since it was due
    bool warm_up = false;
  };

  explicit Load(const LoadPlan& plan);

  void begin(std::int64_t now_ns);
  // The next connection to begin now, if any is due.
  std::optional<Start> next(std::int64_t now_ns);
  // When there is one; long past for a closed loop, kNever once it is over.
  std::int64_t next_due_ns() const;
  // Time has passed: ends the load where that was its time.
  void look(std::int64_t now_ns);
  void end();  // with the time that it was told last

  bool over() const { return over_; }
  std::uint64_t begun() const { return begun_; }
  // Connections that were due, after the warm-up, and had not been begun when the load ended.
  std::uint64_t missed() const { return missed_; }
  std::uint64_t waiting() const;  // due by the time that it was told last, and not begun

 private:
  bool open() const { return plan_.rate != 0; }
  std::int64_t due_ns(std::uint64_t number) const;
  std::uint64_t due_before(std::int64_t after_ns) const;

  const LoadPlan plan_;
  std::int64_t origin_ns_ = 0;
  std::int64_t now_ns_ = 0;     // as told last
  std::uint64_t begun_ = 0;     // by this shard, the warm-up included
  std::uint64_t measured_ = 0;  // of these, those after it
  std::uint64_t missed_ = 0;
  bool over_ = true;  // until it begins
};

}  // namespace tracer::sched
