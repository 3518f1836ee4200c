// Rings that reset what they close: the peer sees a reset, and the local port is free at once.

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

#include "engine/epoll_ring.h"
#include "engine/uring_ring.h"
#include "tests/unit/engine/loopback.h"
#include "tests/unit/engine/ring_driver.h"
#include "tests/unit/engine/ring_factories.h"

namespace tracer::engine {
namespace {

using testing::kConnect;
using testing::kReceive;
using testing::kSend;
using testing::Listener;
using testing::RefusingPort;
using testing::RingFactory;
using testing::Socket;
using testing::token;

class RingReset : public testing::RingDriver, public ::testing::WithParamInterface<RingFactory> {
 protected:
  void open(std::uint32_t slots) { ring_ = GetParam().create(slots).value(); }
  Socket connected(Slot slot) {
    connect(slot, listener_.endpoint());
    EXPECT_EQ(take(token(kConnect, slot)).result, 0);
    return listener_.accept();
  }
  // The errno that reading from it brings; 0: it was closed in order.
  static int end_of(const Socket& peer) {
    std::array<char, 16> bytes{};
    return recv(peer.descriptor(), bytes.data(), bytes.size(), 0) < 0 ? errno : 0;
  }

  Listener listener_;
};

TEST_P(RingReset, ThePeerSeesAReset) {
  open(2);
  for (int round = 0; round < 3; ++round) {
    const Socket peer = connected(1);
    close(1);
    EXPECT_EQ(end_of(peer), ECONNRESET);
  }
}

TEST_P(RingReset, WhatWasSentBeforeHasArrived) {
  open(1);
  const Socket peer = connected(0);
  const std::string word = "hello";
  ring_->send(0, {reinterpret_cast<const std::uint8_t*>(word.data()), word.size()},
              token(kSend, 0));
  EXPECT_EQ(take(token(kSend, 0)).result, 5);
  EXPECT_EQ(peer.receive(), word);
  close(0);
  EXPECT_EQ(end_of(peer), ECONNRESET);
}

TEST_P(RingReset, WhatIsNoConnectionIsClosedAllTheSame) {
  open(1);
  const RefusingPort refusing;
  for (int round = 0; round < 3; ++round) {
    connect(0, refusing.endpoint());
    EXPECT_EQ(take(token(kConnect, 0)).result, -ECONNREFUSED);
    close(0);
    const Socket peer = connected(0);
    ring_->receive(0, token(kReceive, 0));
    ring_->cancel(0);
    EXPECT_EQ(take(token(kReceive, 0)).result, -ECANCELED);
    close(0);
    EXPECT_EQ(end_of(peer), ECONNRESET);
  }
  connect(0, listener_.endpoint(), IpAddress::parse("203.0.113.7").value());
  EXPECT_EQ(take(token(kConnect, 0)).result, -EADDRNOTAVAIL);
  close(0);
  expect_silence();
}

INSTANTIATE_TEST_SUITE_P(Rings, RingReset,
                         ::testing::Values(RingFactory{"uring", &create_resetting_uring_ring},
                                           RingFactory{"epoll", &create_resetting_epoll_ring}),
                         testing::ring_name);

}  // namespace
}  // namespace tracer::engine
