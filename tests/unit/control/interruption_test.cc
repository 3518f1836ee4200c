#include "tools/tracer/control/interruption.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace tracer::cli {
namespace {

TEST(Interruption, IsReadableFromASignalOn) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  {
    const engine::SystemClock clock;
    Signals signals(clock);
    const Interruption interruption(signals);
    pollfd polled{interruption.descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&polled, 1, 0), 0);
    kill(getpid(), SIGTERM);
    EXPECT_EQ(poll(&polled, 1, -1), 1);
    EXPECT_EQ(poll(&polled, 1, -1), 1);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace tracer::cli
