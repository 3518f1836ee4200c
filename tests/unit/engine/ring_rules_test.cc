// What engine/ring.h promises and needs no kernel to be tested, for every implementation there is:
// of operations and completions, of tokens and slots, of cancelling. What else those that talk to
// the kernel keep to is in ring_contract_test.cc and ring_cancel_test.cc.

#include "tests/unit/engine/ring_driver.h"
#include "tests/unit/engine/ring_worlds.h"

#include <cerrno>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace tracer::engine {
namespace {

using testing::kClose;
using testing::kConnect;
using testing::kReceive;
using testing::kSecond;
using testing::kSend;
using testing::Result;
using testing::RingPeer;
using testing::RingWorldFactory;
using testing::token;

class RingRules : public testing::RingDriver,
                  public ::testing::WithParamInterface<RingWorldFactory> {
 protected:
  void open(std::uint32_t slots) {
    world_ = GetParam().create();
    ring_ = world_->make_ring(slots);
  }
  std::unique_ptr<RingPeer> connected(Slot slot) {
    connect(slot, world_->listening());
    EXPECT_EQ(take(token(kConnect, slot)).result, 0);
    return world_->accept();
  }
  void TearDown() override { ring_.reset(); }  // before its world

  std::unique_ptr<testing::RingWorld> world_;
};

TEST_P(RingRules, ConnectsToAListener) {
  open(4);
  EXPECT_EQ(ring_->slots(), 4U);
  const auto peer = connected(3);
  close(3);
  EXPECT_EQ(peer->receive(), "");
}

TEST_P(RingRules, TellsOfARefusal) {
  open(1);
  connect(0, world_->refusing());
  EXPECT_EQ(take(token(kConnect, 0)).result, -ECONNREFUSED);
  close(0);
}

TEST_P(RingRules, AClosedSlotIsUsedAgain) {
  open(2);
  for (int round = 0; round < 3; ++round) {
    connect(1, world_->refusing());
    EXPECT_EQ(take(token(kConnect, 1)).result, -ECONNREFUSED);
    close(1);
    const auto peer = connected(1);
    close(1);
    EXPECT_EQ(peer->receive(), "");
  }
}

TEST_P(RingRules, SendsAndReceives) {
  open(1);
  const auto peer = connected(0);
  const std::string question = "PING";
  ring_->send(0, {reinterpret_cast<const std::uint8_t*>(question.data()), question.size()},
              token(kSend, 0));
  EXPECT_EQ(take(token(kSend, 0)).result, 4);
  EXPECT_EQ(peer->receive(), "PING");

  ring_->receive(0, token(kReceive, 0));
  turn(0);
  peer->send("PONG");
  const Result answer = take(token(kReceive, 0));
  EXPECT_EQ(answer.result, 4);
  EXPECT_EQ(answer.data, "PONG");
}

TEST_P(RingRules, ReceivesInPieces) {
  open(1);
  const auto peer = connected(0);
  std::string sent(10 * limits::kReceiveBufferBytes + 17, '\0');
  std::iota(sent.begin(), sent.end(), '\0');
  peer->send(sent);
  std::string received;
  while (received.size() < sent.size()) {
    ring_->receive(0, token(kReceive, 0));
    const Result piece = take(token(kReceive, 0));
    ASSERT_GT(piece.result, 0);
    ASSERT_EQ(piece.data.size(), static_cast<std::size_t>(piece.result));
    received += piece.data;
  }
  EXPECT_EQ(received, sent);
}

TEST_P(RingRules, TellsOfTheEndOfTheStream) {
  open(1);
  const auto peer = connected(0);
  peer->send("bye");
  peer->end_of_stream();
  ring_->receive(0, token(kReceive, 0));
  EXPECT_EQ(take(token(kReceive, 0)).data, "bye");
  for (int again = 0; again < 2; ++again) {
    ring_->receive(0, token(kReceive, 0));
    EXPECT_EQ(take(token(kReceive, 0)).result, 0);
  }
}

TEST_P(RingRules, DataStaysValidUntilTheNextWait) {
  constexpr std::uint32_t kCount = 64;
  open(kCount);
  std::vector<std::unique_ptr<RingPeer>> peers;
  for (Slot slot = 0; slot < kCount; ++slot) peers.push_back(connected(slot));
  for (Slot slot = 0; slot < kCount; ++slot) {
    peers[slot]->send("first " + std::to_string(slot));
    ring_->receive(slot, token(kReceive, slot));
  }
  // What comes out of one wait() is looked at only after operations have been queued again.
  std::size_t seen = 0;
  for (const auto start = Clock::now(); seen < kCount && !hopeless(start);) {
    const auto completions = ring_->wait(kSecond);
    for (const Completion& completion : completions) {
      const Slot slot = token_slot(completion.token);
      peers[slot]->send("second");
      ring_->receive(slot, token(kReceive, slot));
    }
    for (const Completion& completion : completions) {
      const std::string data(completion.data.begin(), completion.data.end());
      if (data == "second") continue;
      EXPECT_EQ(data, "first " + std::to_string(token_slot(completion.token)));
      ++seen;
    }
  }
  EXPECT_EQ(seen, kCount);
}

TEST_P(RingRules, GivesBackAtMostATicksWorth) {
  constexpr std::uint32_t kCount = 2 * limits::kCompletionsPerTick + 50;
  open(kCount);
  for (Slot slot = 0; slot < kCount; ++slot) connect(slot, world_->listening());
  gather(kCount);  // turn() checks the bound
  for (const auto& [done, result] : results_) EXPECT_EQ(result.result, 0);
}

TEST_P(RingRules, WaitsNoLongerThanAsked) {
  open(1);
  EXPECT_TRUE(ring_->wait(0).empty());
  EXPECT_TRUE(ring_->wait(1).empty());
  EXPECT_TRUE(ring_->wait(3'000'000).empty());
}

TEST_P(RingRules, CancelsAConnectThatHangs) {
  open(1);
  connect(0, world_->hanging());
  turn(10'000'000);
  EXPECT_TRUE(results_.empty());
  ring_->cancel(0);
  EXPECT_EQ(take(token(kConnect, 0)).result, -ECANCELED);
  close(0);
  (void)connected(0);
}

// The kernel may not even have begun what is cancelled.
TEST_P(RingRules, CancelsInTheSameBreath) {
  constexpr std::uint32_t kCount = 300;
  open(kCount);
  for (Slot slot = 0; slot < kCount; ++slot) {
    connect(slot, world_->hanging());
    ring_->cancel(slot);
  }
  gather(kCount);
  for (const auto& [done, result] : results_) EXPECT_EQ(result.result, -ECANCELED);
  results_.clear();
  for (Slot slot = 0; slot < kCount; ++slot) ring_->close(slot, token(kClose, slot));
  gather(kCount);
}

TEST_P(RingRules, CancelsAReceive) {
  open(1);
  const auto peer = connected(0);
  for (const bool submitted : {true, false}) {
    ring_->receive(0, token(kReceive, 0));
    if (submitted) turn(0);
    ring_->cancel(0);
    ring_->cancel(0);
    EXPECT_EQ(take(token(kReceive, 0)).result, -ECANCELED);
  }
  peer->send("after");
  ring_->receive(0, token(kReceive, 0));
  EXPECT_EQ(take(token(kReceive, 0)).data, "after");
}

TEST_P(RingRules, ACancelThatComesTooLateChangesNothing) {
  open(1);
  const auto peer = connected(0);
  peer->send("data");
  ring_->receive(0, token(kReceive, 0));
  turn(0);
  ring_->cancel(0);
  EXPECT_EQ(take(token(kReceive, 0)).data, "data");
  ring_->cancel(0);  // nothing is pending
  expect_silence();
  peer->send("more");
  ring_->receive(0, token(kReceive, 0));
  EXPECT_EQ(take(token(kReceive, 0)).data, "more");
}

TEST_P(RingRules, CancelsOneSlotAndNoOther) {
  open(3);
  std::vector<std::unique_ptr<RingPeer>> peers;
  for (Slot slot = 0; slot < 3; ++slot) {
    peers.push_back(connected(slot));
    ring_->receive(slot, token(kReceive, slot));
  }
  turn(0);
  ring_->cancel(1);
  EXPECT_EQ(take(token(kReceive, 1)).result, -ECANCELED);
  expect_silence();
  peers[0]->send("zero");
  peers[2]->send("two");
  EXPECT_EQ(take(token(kReceive, 0)).data, "zero");
  EXPECT_EQ(take(token(kReceive, 2)).data, "two");
}

INSTANTIATE_TEST_SUITE_P(Worlds, RingRules, testing::ring_worlds(), testing::ring_world_name);

}  // namespace
}  // namespace tracer::engine
