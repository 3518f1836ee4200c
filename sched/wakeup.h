// Lets one consumer thread sleep until a producer has something for it, at no system call where
// the consumer is awake anyway.
//
// The consumer calls prepare(), looks at its queues once more, and only then sleep(); producers
// push first and raise() after.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tracer::sched {

class Wakeup {
 public:
  // An exchange, as in raise(): of the two, the later one sees what the other's thread did before.
  void prepare() { asleep_.exchange(true); }
  void sleep(std::chrono::nanoseconds at_most) {
    std::unique_lock lock(mutex_);
    condition_.wait_for(lock, at_most, [this] { return !asleep_.load(); });
    asleep_.store(false);
  }
  // True from raise() to the next prepare(), for a consumer that sleeps in a way of its own.
  bool raised() const { return !asleep_.load(); }
  void raise() {
    if (!asleep_.exchange(false)) return;
    { const std::lock_guard lock(mutex_); }  // the consumer is not between its check and its sleep
    condition_.notify_one();
  }

 private:
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable condition_;
};

}  // namespace tracer::sched
