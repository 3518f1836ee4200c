#include "sched/wakeup.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "sched/spsc_ring.h"

namespace tracer::sched {
namespace {

// So long that a test which sleeps it out fails by its own time limit.
constexpr std::chrono::hours kForEver{1};

TEST(Wakeup, ARaiseBeforeTheSleepIsNotLost) {
  Wakeup wakeup;
  wakeup.prepare();
  wakeup.raise();
  wakeup.sleep(kForEver);
}

TEST(Wakeup, TellsWhetherItWasRaised) {
  Wakeup wakeup;
  wakeup.prepare();
  EXPECT_FALSE(wakeup.raised());
  wakeup.raise();
  EXPECT_TRUE(wakeup.raised());
  wakeup.prepare();
  EXPECT_FALSE(wakeup.raised());
}

TEST(Wakeup, ASleepEndsByItself) {
  Wakeup wakeup;
  wakeup.prepare();
  wakeup.sleep(std::chrono::milliseconds(1));
  wakeup.raise();  // nobody sleeps: nothing happens, and the next sleep is not cut short for it
  wakeup.prepare();
  wakeup.sleep(std::chrono::milliseconds(1));
}

TEST(Wakeup, ARaiseEndsASleep) {
  Wakeup wakeup;
  std::atomic<bool> done{false};
  std::thread raiser([&] {
    while (!done.load()) {
      wakeup.raise();
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 200; ++i) {
    wakeup.prepare();
    wakeup.sleep(kForEver);
  }
  done.store(true);
  raiser.join();
}

// The protocol as its users follow it: each raise() comes after a push, each sleep after a last
// look. Should one wake-up be lost, both sides wait for ever.
TEST(Wakeup, NoPushIsSleptOver) {
  constexpr int kRecords = 50'000;
  SpscRing<int> ring(1);
  Wakeup wakeup;
  std::atomic<int> taken{0};
  std::thread producer([&] {
    for (int i = 0; i < kRecords; ++i) {
      while (taken.load() != i) std::this_thread::yield();  // so that the consumer often sleeps
      ASSERT_TRUE(ring.push(i));
      wakeup.raise();
    }
  });
  std::array<int, 1> record{};
  for (int next = 0; next < kRecords;) {
    std::size_t count = ring.pop(record);
    if (count == 0) {
      wakeup.prepare();
      count = ring.pop(record);
      if (count == 0) wakeup.sleep(kForEver);
    }
    if (count == 0) continue;
    ASSERT_EQ(record[0], next);
    taken.store(++next);
  }
  producer.join();
}

}  // namespace
}  // namespace tracer::sched
