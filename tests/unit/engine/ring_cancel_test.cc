// Cancelling, against everything that may happen at the same time, and polls.

#include "tests/unit/engine/ring_contract.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace tracer::engine {
namespace {

using testing::kClose;
using testing::kConnect;
using testing::kReceive;
using testing::Listener;
using testing::Socket;
using testing::token;

using RingCancel = testing::RingTest;

TEST_P(RingCancel, CancelsReceivesThatFoundNoBuffer) {
  constexpr std::uint32_t kCount = limits::kReceiveBuffers + 300;
  testing::allow_descriptors(2 * kCount + 200);
  open(kCount);
  const Listener listener;
  std::vector<Socket> peers;
  for (Slot slot = 0; slot < kCount; ++slot) {
    peers.push_back(connected(slot, listener));
    peers[slot].send("data");
  }
  for (Slot slot = 0; slot < kCount; ++slot) ring_->receive(slot, token(kReceive, slot));
  // The first completions tell that the kernel has gone through all of them.
  turn();
  for (Slot slot = 0; slot < kCount; ++slot) ring_->cancel(slot);
  gather(kCount);
  for (const auto& [done, result] : results_) {
    EXPECT_TRUE(result.data == "data" || result.result == -ECANCELED) << result.result;
  }
  results_.clear();
  expect_silence();
}

TEST_P(RingCancel, PollsADescriptor) {
  open(1);
  int ends[2] = {};
  ASSERT_EQ(pipe(ends), 0);
  const Token polled = make_token(TokenOwner::kResolver, 0);  // the low bits need be no slot
  ring_->poll(ends[0], POLLIN, polled);
  expect_silence();
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_EQ(take(polled).result & POLLIN, POLLIN);
  expect_silence();  // once only

  const Token other = make_token(TokenOwner::kResolver, 0x7fffffffffff);
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  for (const bool submitted : {true, false}) {
    ring_->poll(ends[0], POLLIN, other);
    if (submitted) turn(0);
    ring_->cancel_poll(other);
    EXPECT_EQ(take(other).result, -ECANCELED);
  }
  ring_->cancel_poll(other);
  expect_silence();
  ::close(ends[0]);
  ::close(ends[1]);
}

// A polled descriptor is closed, and its number has an heir that is polled in its turn.
TEST_P(RingCancel, PollsTheHeirOfADescriptor) {
  open(1);
  enum class First { kCompletes, kIsCancelled, kIsReplaced };
  std::uint64_t polls = 0;
  for (const First first : {First::kCompletes, First::kIsCancelled, First::kCompletes,
                            First::kIsReplaced, First::kIsReplaced, First::kIsCancelled}) {
    int ends[2] = {};
    ASSERT_EQ(pipe(ends), 0);
    const Token polled = make_token(TokenOwner::kResolver, ++polls);
    const Token again = make_token(TokenOwner::kResolver, ++polls);
    ring_->poll(ends[0], POLLIN, polled);
    turn(0);
    if (first != First::kCompletes) {
      ring_->cancel_poll(polled);
      EXPECT_EQ(take(polled).result, -ECANCELED);
    }
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    if (first == First::kCompletes) {
      EXPECT_EQ(take(polled).result, POLLIN);
    } else if (first == First::kIsReplaced) {
      ring_->poll(ends[0], POLLIN, again);
      EXPECT_EQ(take(again).result, POLLIN);
    }
    expect_silence();
    ::close(ends[0]);
    ::close(ends[1]);
  }
}

TEST_P(RingCancel, ADescriptorThatIsNoneFailsToBePolled) {
  open(1);
  const Token polled = make_token(TokenOwner::kResolver, 1);
  ring_->poll(-1, POLLIN, polled);
  EXPECT_EQ(take(polled).result, -EBADF);
}

INSTANTIATE_TEST_SUITE_P(Rings, RingCancel, testing::ring_factories(), testing::ring_name);

}  // namespace
}  // namespace tracer::engine
