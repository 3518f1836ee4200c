// What engine/ring.h promises of a ring that talks to the kernel; ring_rules_test.cc has the rest.

#include "tests/unit/engine/ring_contract.h"

#include <sys/resource.h>

#include <cerrno>
#include <thread>
#include <vector>

namespace tracer::engine {
namespace {

using testing::kClose;
using testing::kConnect;
using testing::kReceive;
using testing::kSecond;
using testing::kSend;
using testing::Listener;
using testing::Result;
using testing::Socket;
using testing::token;
using RingContract = testing::RingTest;

TEST_P(RingContract, ConnectsFromTheUsualAddress) {
  open(1);
  const Listener listener;
  EXPECT_EQ(connected(0, listener).peer(), IpAddress::parse("127.0.0.1"));
}

TEST_P(RingContract, ConnectsOverIpv6) {
  open(1);
  const Listener listener(16, "::1");
  connect(0, listener.endpoint());
  EXPECT_EQ(take(token(kConnect, 0)).result, 0);
}

TEST_P(RingContract, ASourceAddressOfTheOtherFamilyFails) {
  open(1);
  const Listener listener;
  connect(0, listener.endpoint(), IpAddress::parse("::1").value());
  EXPECT_LT(take(token(kConnect, 0)).result, 0);
  close(0);
  (void)connected(0, listener);
}

TEST_P(RingContract, BindsToTheSourceAddress) {
  open(2);
  const Listener listener;
  for (const char* source : {"127.0.0.2", "127.0.0.3"}) {
    connect(0, listener.endpoint(), IpAddress::parse(source).value());
    ASSERT_EQ(take(token(kConnect, 0)).result, 0);
    EXPECT_EQ(listener.accept().peer(), IpAddress::parse(source));
    close(0);
  }
}

TEST_P(RingContract, ASourceAddressThatIsNotOursFails) {
  const std::uint32_t count = limits::kCompletionsPerTick + 10;
  open(count);
  const Listener listener;
  for (Slot slot = 0; slot < count; ++slot) {
    connect(slot, listener.endpoint(), IpAddress::parse("192.0.2.1").value());
  }
  gather(count);
  for (const auto& [done, result] : results_) EXPECT_EQ(result.result, -EADDRNOTAVAIL);
  results_.clear();
  for (Slot slot = 0; slot < count; ++slot) ring_->close(slot, token(kClose, slot));
  gather(count);
}

TEST_P(RingContract, SendsAsMuchAsFits) {
  open(1);
  const Listener listener;
  const Socket peer = connected(0, listener);
  const std::vector<std::uint8_t> much(64U << 20, 'x');
  ring_->send(0, much, token(kSend, 0));
  turn(0);
  ring_->cancel(0);
  const Result result = take(token(kSend, 0));
  EXPECT_TRUE(result.result > 0 || result.result == -ECANCELED) << result.result;
  EXPECT_LT(result.result, static_cast<std::int32_t>(much.size()));
}

TEST_P(RingContract, ASendWaitsForRoom) {
  open(1);
  const Listener listener;
  const Socket peer = connected(0, listener);
  const std::vector<std::uint8_t> much(1U << 20, 'x');
  std::size_t sent = 0;
  for (const auto start = Clock::now(); !hopeless(start);) {
    ring_->send(0, much, token(kSend, 0));
    for (int i = 0; i < 20 && results_.empty(); ++i) turn(1'000'000);
    if (results_.empty()) break;
    sent += static_cast<std::size_t>(take(token(kSend, 0)).result);
  }
  for (std::size_t read = 0; results_.empty() && read < sent; turn(0)) {
    read += peer.receive().size();
  }
  EXPECT_GT(take(token(kSend, 0)).result, 0);
}

TEST_P(RingContract, TellsOfAReset) {
  open(1);
  const Listener listener;
  Socket peer = connected(0, listener);
  ring_->receive(0, token(kReceive, 0));
  turn(0);
  peer.reset();
  EXPECT_EQ(take(token(kReceive, 0)).result, -ECONNRESET);
  const std::uint8_t byte = 0;
  ring_->send(0, {&byte, 1}, token(kSend, 0));
  EXPECT_EQ(take(token(kSend, 0)).result, -EPIPE);
}

// However soon the reset comes: often before anybody has asked how the connect went.
TEST_P(RingContract, AConnectionThatIsResetAtOnceWasMade) {
  constexpr std::uint32_t kCount = 500;
  open(kCount);
  const Listener listener;
  std::thread resets([&listener] {
    for (std::uint32_t i = 0; i < kCount; ++i) listener.accept().reset();
  });
  for (Slot slot = 0; slot < kCount; ++slot) connect(slot, listener.endpoint());
  gather(kCount);
  resets.join();
  for (const auto& [done, result] : results_) EXPECT_EQ(result.result, 0);
  results_.clear();
  for (Slot slot = 0; slot < kCount; ++slot) ring_->receive(slot, token(kReceive, slot));
  gather(kCount);
  for (const auto& [done, result] : results_) EXPECT_EQ(result.result, -ECONNRESET);
}

// Both orders: receives that wait when data arrives, and receives that find it there.
TEST_P(RingContract, ServesMoreReadableSocketsThanItHasBuffers) {
  constexpr std::uint32_t kCount = 2000;
  static_assert(kCount > limits::kReceiveBuffers);
  testing::allow_descriptors(2 * kCount + 200);
  open(kCount);
  const Listener listener;
  std::vector<Socket> peers;
  for (Slot slot = 0; slot < kCount; ++slot) peers.push_back(connected(slot, listener));
  for (const bool data_first : {true, false}) {
    if (!data_first) {
      for (Slot slot = 0; slot < kCount; ++slot) ring_->receive(slot, token(kReceive, slot));
      turn(0);
    }
    for (Slot slot = 0; slot < kCount; ++slot) peers[slot].send("data " + std::to_string(slot));
    if (data_first) {
      for (Slot slot = 0; slot < kCount; ++slot) ring_->receive(slot, token(kReceive, slot));
    }
    gather(kCount);
    for (const auto& [done, result] : results_) {
      EXPECT_EQ(result.data, "data " + std::to_string(token_slot(done)));
    }
    results_.clear();
  }
}

TEST_P(RingContract, WakesFromAnotherThread) {
  open(1);
  for (int round = 0; round < 50; ++round) {
    std::thread other([this] { ring_->wake(); });
    // For ever, but for the wake: a lost one hangs the test.
    EXPECT_TRUE(ring_->wait(-1).empty());
    other.join();
  }
  ring_->wake();
  EXPECT_TRUE(ring_->wait(-1).empty());
}

TEST_P(RingContract, RefusesMoreSlotsThanDescriptorsAreAllowed) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const auto created = GetParam().create(static_cast<std::uint32_t>(limit.rlim_max) + 1);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().find("RLIMIT_NOFILE"), std::string::npos) << created.error();
  EXPECT_EQ(created.error().find('\n'), std::string::npos);
}

TEST_P(RingContract, MayBeDestroyedOnAnotherThread) {
  open(1);
  std::unique_ptr<Ring> foreign;
  const Listener listener;
  std::thread maker([&] {
    foreign = GetParam().create(8).value();
    foreign->connect(0, listener.endpoint(), {}, token(kConnect, 0));
    while (foreign->wait(kSecond).empty()) {
    }
    foreign->receive(0, token(kReceive, 0));
    (void)foreign->wait(0);
  });
  maker.join();
  const Socket peer = listener.accept();
  foreign.reset();
  EXPECT_EQ(peer.receive(), "");
  // This thread's own ring is none the worse for it.
  (void)connected(0, listener);
}

INSTANTIATE_TEST_SUITE_P(Rings, RingContract, testing::ring_factories(), testing::ring_name);

}  // namespace
}  // namespace tracer::engine
