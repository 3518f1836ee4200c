// A bounded queue between exactly one producer thread and one consumer thread, without locks
// (Lamport 1977, with each side's view of the other's index cached).
//
// Invariants: records come out in the order they went in; none is lost or duplicated; capacity
// never changes. T is trivially copyable, so that a record is its bytes.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace tracer::sched {

template <typename T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // `capacity`: a power of two.
  explicit SpscRing(std::size_t capacity) : records_(capacity), mask_(capacity - 1) {
    assert(std::has_single_bit(capacity));
  }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  // Producer. False when full.
  bool push(const T& record) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - producer_head_ > mask_) {
      producer_head_ = head_.load(std::memory_order_acquire);
      if (tail - producer_head_ > mask_) return false;
    }
    records_[tail & mask_] = record;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer. Fills `out` from its front as far as there are records, and returns how many came.
  std::size_t pop(std::span<T> out) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (consumer_tail_ - head < out.size()) consumer_tail_ = tail_.load(std::memory_order_acquire);
    std::size_t count = consumer_tail_ - head;
    if (count > out.size()) count = out.size();
    for (std::size_t i = 0; i < count; ++i) out[i] = records_[(head + i) & mask_];
    head_.store(head + count, std::memory_order_release);
    return count;
  }

  // Consumer. The oldest records, `most` of them or as many as there are side by side; none when
  // there are none. They stay where they are until release().
  std::span<const T> front(std::size_t most) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (consumer_tail_ - head < most) consumer_tail_ = tail_.load(std::memory_order_acquire);
    const std::size_t first = head & mask_;
    return {&records_[first], std::min({consumer_tail_ - head, most, capacity() - first})};
  }
  // Consumer. `count` of the oldest records are done with. REQUIRES: front() showed as many.
  void release(std::size_t count) {
    head_.store(head_.load(std::memory_order_relaxed) + count, std::memory_order_release);
  }

  std::size_t capacity() const { return mask_ + 1; }
  // Any thread: how many records there are, or were a moment ago. The head comes first, since the
  // tail is never behind it.
  std::size_t size() const {
    const std::size_t head = head_.load(std::memory_order_acquire);
    return std::min(tail_.load(std::memory_order_acquire) - head, capacity());
  }

 private:
  static constexpr std::size_t kCacheLine = 64;

  std::vector<T> records_;
  const std::size_t mask_;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};  // next to pop
  std::size_t consumer_tail_ = 0;                         // what the consumer last saw of tail_
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};  // next to push
  std::size_t producer_head_ = 0;                         // what the producer last saw of head_
};

}  // namespace tracer::sched
