#include "tools/tracer/signals.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include "tests/unit/sinks/manual_clock.h"

namespace tracer::cli {
namespace {

// Counts what the signal thread says. The signals are sent to this process, which has them blocked
// but for that thread.
class Asked {
 public:
  void operator()(int count) {
    const std::lock_guard lock(mutex_);
    count_ = count;
    changed_.notify_all();
  }
  void await(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

// Until the signal thread has read it.
void await_taken(int number) {
  sigset_t pending;
  do {
    sigpending(&pending);
  } while (sigismember(&pending, number) == 1);
}

TEST(Signals, WithinATenthOfASecondAreOne) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  {
    ManualClock clock;
    Signals signals(clock);
    Asked stops;
    Asked hangups;
    signals.attach([&](int count) { stops(count); }, [&] { hangups(1); });
    kill(getpid(), SIGTERM);
    stops.await(1);
    kill(getpid(), SIGINT);
    await_taken(SIGINT);
    kill(getpid(), SIGHUP);
    hangups.await(1);  // so that of SIGINT before is done
    EXPECT_EQ(stops.count(), 1);
    clock.advance_ms(100);
    EXPECT_EQ(signals.count(), 1);
    kill(getpid(), SIGTERM);
    stops.await(2);
    EXPECT_EQ(signals.count(), 2);
    signals.release();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace tracer::cli
