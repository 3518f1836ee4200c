#include "sched/timing_wheel.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace tracer::sched {
namespace {

constexpr std::int64_t kTickNs = 1'000'000;

}  // namespace

TimingWheel::TimingWheel(std::uint32_t timers, std::int64_t now_ns)
    : origin_ns_(now_ns), nodes_(timers) {
  heads_.fill(kNone);
}

void TimingWheel::grow(std::uint32_t timers) {
  if (timers > nodes_.size()) nodes_.resize(timers);
}

void TimingWheel::schedule(TimerId timer, std::int64_t deadline_ns) {
  assert(timer < nodes_.size());
  // Rounded up, so that nothing fires early.
  const std::int64_t elapsed_ns = std::max<std::int64_t>(deadline_ns - origin_ns_, 0);
  const auto ticks =
      static_cast<std::uint64_t>(elapsed_ns / kTickNs + (elapsed_ns % kTickNs > 0 ? 1 : 0));
  const std::uint64_t tick = std::clamp(ticks, tick_, kMaxTick) & kMaxTick;
  if (pending(timer)) {
    if (nodes_[timer].tick == tick) return;
    cancel(timer);
  }
  nodes_[timer].tick = tick;
  place(timer);
  ++size_;
}

void TimingWheel::cancel(TimerId timer) {
  if (!pending(timer)) return;
  unlink(timer);
  --size_;
}

unsigned TimingWheel::digit_of(std::uint64_t tick, unsigned level) {
  return static_cast<unsigned>(tick >> (level * kLevelBits)) & (kBuckets - 1);
}

// The level is that of the highest digit in which the deadline differs from now.
void TimingWheel::place(TimerId timer) {
  Node& node = nodes_[timer];
  const std::uint64_t difference = node.tick ^ tick_;
  const unsigned level =
      difference == 0 ? 0 : static_cast<unsigned>(std::bit_width(difference) - 1) / kLevelBits;
  const unsigned digit = digit_of(node.tick, level);
  const unsigned bucket = level * kBuckets + digit;
  node.bucket = static_cast<std::uint16_t>(bucket);
  node.previous = kNone;
  node.next = heads_[bucket];
  if (node.next != kNone) nodes_[node.next].previous = timer;
  heads_[bucket] = timer;
  occupied_[level][digit / 64] |= std::uint64_t{1} << (digit % 64);
}

void TimingWheel::unlink(TimerId timer) {
  Node& node = nodes_[timer];
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    heads_[node.bucket] = node.next;
  }
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  if (heads_[node.bucket] == kNone) {
    const unsigned digit = node.bucket % kBuckets;
    occupied_[node.bucket / kBuckets][digit / 64] &= ~(std::uint64_t{1} << (digit % 64));
  }
  node.bucket = kIdle;
}

unsigned TimingWheel::next_occupied(const Bitmap& bitmap, unsigned from) {
  for (unsigned word = from / 64; word < bitmap.size(); ++word) {
    std::uint64_t bits = bitmap[word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return word * 64 + static_cast<unsigned>(std::countr_zero(bits));
  }
  return kBuckets;
}

std::int64_t TimingWheel::next_deadline_ns() const {
  if (size_ == 0) return kNever;
  return origin_ns_ + static_cast<std::int64_t>(next_tick()) * kTickNs;
}

// What is in a lower wheel is due before all that is in a higher one.
std::uint64_t TimingWheel::next_tick() const {
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned found = next_occupied(occupied_[level], digit_of(tick_, level));
    if (found == kBuckets) continue;
    const unsigned shift = level * kLevelBits;
    const std::uint64_t above = tick_ >> (shift + kLevelBits) << (shift + kLevelBits);
    return above | std::uint64_t{found} << shift;
  }
  assert(false && "a timer is in no wheel");
  return kMaxTick;
}

void TimingWheel::fire_bucket(unsigned bucket, std::vector<TimerId>& fired) {
  while (heads_[bucket] != kNone) {
    const TimerId timer = heads_[bucket];
    unlink(timer);
    --size_;
    fired.push_back(timer);
  }
}

// Moves the timers of the bucket that `tick_` has just entered down to where they belong.
void TimingWheel::cascade(unsigned level) {
  const unsigned bucket = level * kBuckets + digit_of(tick_, level);
  while (heads_[bucket] != kNone) {
    const TimerId timer = heads_[bucket];
    unlink(timer);
    place(timer);
  }
}

void TimingWheel::advance(std::int64_t now_ns, std::vector<TimerId>& fired) {
  const auto elapsed =
      static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns - origin_ns_, 0) / kTickNs);
  const std::uint64_t target = std::clamp(elapsed, tick_, kMaxTick);
  // From one occupied bucket to the next; nothing lies between them.
  while (size_ > 0) {
    const std::uint64_t next = next_tick();
    if (next > target) break;
    tick_ = next;
    for (unsigned level = kLevels - 1; level > 0; --level) {
      if ((tick_ & ((std::uint64_t{1} << (level * kLevelBits)) - 1)) == 0) cascade(level);
    }
    fire_bucket(digit_of(tick_, 0), fired);
  }
  tick_ = target;
}

}  // namespace tracer::sched
