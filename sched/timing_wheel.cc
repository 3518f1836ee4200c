#include "sched/timing_wheel.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace tracer::sched {
namespace {

constexpr std::int64_t kTickNs = 1'000'000;
constexpr std::uint32_t kMaxTick = UINT32_MAX - 1;

}  // namespace

TimingWheel::TimingWheel(std::uint32_t timers, std::int64_t now_ns)
    : origin_ns_(now_ns), nodes_(timers) {
  heads_.fill(kNone);
}

void TimingWheel::schedule(TimerId timer, std::int64_t deadline_ns) {
  assert(timer < nodes_.size());
  if (pending(timer)) cancel(timer);
  // Rounded up, so that nothing fires early.
  const std::int64_t ticks = (deadline_ns - origin_ns_ + kTickNs - 1) / kTickNs;
  nodes_[timer].tick = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(ticks, tick_, static_cast<std::int64_t>(kMaxTick)));
  place(timer);
  ++size_;
}

void TimingWheel::cancel(TimerId timer) {
  if (!pending(timer)) return;
  unlink(timer);
  --size_;
}

// The level is that of the highest digit in which the deadline differs from now.
void TimingWheel::place(TimerId timer) {
  Node& node = nodes_[timer];
  const std::uint32_t difference = node.tick ^ tick_;
  const unsigned level =
      difference == 0 ? 0 : static_cast<unsigned>(std::bit_width(difference) - 1) / kLevelBits;
  const unsigned digit = node.tick >> (level * kLevelBits) & (kBuckets - 1);
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
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned shift = level * kLevelBits;
    const unsigned digit = tick_ >> shift & (kBuckets - 1);
    const unsigned found = next_occupied(occupied_[level], digit);
    if (found == kBuckets) continue;
    const std::uint64_t above =
        level + 1 == kLevels ? 0
                             : std::uint64_t{tick_} >> (shift + kLevelBits) << (shift + kLevelBits);
    const std::uint64_t tick = above | std::uint64_t{found} << shift;
    return origin_ns_ + static_cast<std::int64_t>(tick) * kTickNs;
  }
  assert(false && "a timer is in no wheel");
  return kNever;
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
  const unsigned bucket = level * kBuckets + (tick_ >> (level * kLevelBits) & (kBuckets - 1));
  while (heads_[bucket] != kNone) {
    const TimerId timer = heads_[bucket];
    unlink(timer);
    place(timer);
  }
}

void TimingWheel::advance(std::int64_t now_ns, std::vector<TimerId>& fired) {
  const auto target = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      (now_ns - origin_ns_) / kTickNs, tick_, static_cast<std::int64_t>(kMaxTick)));
  while (size_ > 0) {
    const unsigned digit = tick_ & (kBuckets - 1);
    const unsigned found = next_occupied(occupied_[0], digit);
    const std::uint32_t base = tick_ & ~(kBuckets - 1);
    if (found < kBuckets && base + found <= target) {
      tick_ = base + found;
      fire_bucket(found, fired);
      continue;
    }
    // The lowest wheel holds nothing that is due: turn to the next round of it, if that has come.
    const std::uint64_t round = std::uint64_t{base} + kBuckets;
    if (found < kBuckets || round > target) break;
    tick_ = static_cast<std::uint32_t>(round);
    for (unsigned level = kLevels - 1; level > 0; --level) {
      if ((tick_ & ((1U << (level * kLevelBits)) - 1)) == 0) cascade(level);
    }
  }
  tick_ = target;
}

}  // namespace tracer::sched
