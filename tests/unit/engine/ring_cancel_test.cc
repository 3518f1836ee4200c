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

TEST_P(RingCancel, CancelsAConnectThatHangs) {
  open(1);
  Listener listener(0);
  listener.fill_backlog();
  connect(0, listener.endpoint());
  turn(10'000'000);
  EXPECT_TRUE(results_.empty());
  ring_->cancel(0);
  EXPECT_EQ(take(token(kConnect, 0)).result, -ECANCELED);
  close(0);
  const Listener other;
  (void)connected(0, other);
}

// The kernel may not even have begun what is cancelled.
TEST_P(RingCancel, CancelsInTheSameBreath) {
  constexpr std::uint32_t kCount = 300;
  open(kCount);
  Listener listener(0);
  listener.fill_backlog();
  for (Slot slot = 0; slot < kCount; ++slot) {
    connect(slot, listener.endpoint());
    ring_->cancel(slot);
  }
  gather(kCount);
  for (const auto& [done, result] : results_) EXPECT_EQ(result.result, -ECANCELED);
  results_.clear();
  for (Slot slot = 0; slot < kCount; ++slot) ring_->close(slot, token(kClose, slot));
  gather(kCount);
}

TEST_P(RingCancel, CancelsAReceive) {
  open(1);
  const Listener listener;
  const Socket peer = connected(0, listener);
  for (const bool submitted : {true, false}) {
    ring_->receive(0, token(kReceive, 0));
    if (submitted) turn(0);
    ring_->cancel(0);
    ring_->cancel(0);
    EXPECT_EQ(take(token(kReceive, 0)).result, -ECANCELED);
  }
  peer.send("after");
  ring_->receive(0, token(kReceive, 0));
  EXPECT_EQ(take(token(kReceive, 0)).data, "after");
}

TEST_P(RingCancel, ACancelThatComesTooLateChangesNothing) {
  open(1);
  const Listener listener;
  const Socket peer = connected(0, listener);
  peer.send("data");
  ring_->receive(0, token(kReceive, 0));
  turn(0);
  ring_->cancel(0);
  EXPECT_EQ(take(token(kReceive, 0)).data, "data");
  ring_->cancel(0);  // nothing is pending
  expect_silence();
  peer.send("more");
  ring_->receive(0, token(kReceive, 0));
  EXPECT_EQ(take(token(kReceive, 0)).data, "more");
}

TEST_P(RingCancel, CancelsOneSlotAndNoOther) {
  open(3);
  const Listener listener;
  std::vector<Socket> peers;
  for (Slot slot = 0; slot < 3; ++slot) {
    peers.push_back(connected(slot, listener));
    ring_->receive(slot, token(kReceive, slot));
  }
  turn(0);
  ring_->cancel(1);
  EXPECT_EQ(take(token(kReceive, 1)).result, -ECANCELED);
  expect_silence();
  peers[0].send("zero");
  peers[2].send("two");
  EXPECT_EQ(take(token(kReceive, 0)).data, "zero");
  EXPECT_EQ(take(token(kReceive, 2)).data, "two");
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
