// What concerns epoll's ordinary descriptors; the rest is in ring_contract_test.cc.

#include "engine/epoll_ring.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include "tests/unit/engine/loopback.h"

namespace tracer::engine {
namespace {

std::int32_t result_of_next(Ring& ring) {
  while (true) {
    const auto completions = ring.wait(-1);
    if (!completions.empty()) return completions.front().result;
  }
}

// A fault of ours, and over as soon as a descriptor is free again.
TEST(EpollRing, TellsWhenNoDescriptorIsLeft) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto ring = create_epoll_ring(4);
  ASSERT_TRUE(ring) << ring.error();
  ASSERT_EQ((*ring)->slots(), 4U);  // a sanitizer looks at the object now, while it has descriptors
  const testing::Listener listener;
  const int next = dup(listener.descriptor());  // the lowest free one
  ::close(next);
  const rlimit none_left{static_cast<rlim_t>(next), before.rlim_max};
  const Token token = make_token(TokenOwner::kProbe, 2);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  (*ring)->connect(2, listener.endpoint(), {}, token);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(result_of_next(**ring), -EMFILE);
  (*ring)->close(2, token);
  EXPECT_EQ(result_of_next(**ring), 0);
  (*ring)->connect(2, listener.endpoint(), {}, token);
  EXPECT_EQ(result_of_next(**ring), 0);
}

// Not one that is writable, nor one that has data which nobody has asked for.
TEST(EpollRing, AnIdleSocketEndsNoWait) {
  const auto ring = create_epoll_ring(1);
  ASSERT_TRUE(ring) << ring.error();
  const testing::Listener listener;
  (*ring)->connect(0, listener.endpoint(), {}, make_token(TokenOwner::kProbe, 0));
  EXPECT_EQ(result_of_next(**ring), 0);
  listener.accept().send("data");  // and closes
  for (int i = 0; i < 3; ++i) (void)(*ring)->wait(0);
  std::atomic<bool> woken{false};
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    woken = true;
    (*ring)->wake();
  });
  EXPECT_TRUE((*ring)->wait(-1).empty());
  EXPECT_TRUE(woken);
  other.join();
}

TEST(EpollRing, GivesEveryDescriptorBack) {
  constexpr std::uint32_t kCount = 50;
  const testing::Listener listener;
  const std::size_t before = testing::open_descriptors();
  {
    const auto ring = create_epoll_ring(kCount);
    ASSERT_TRUE(ring) << ring.error();
    const std::size_t idle = testing::open_descriptors();
    for (Slot slot = 0; slot < kCount; ++slot) {
      const Token token = make_token(TokenOwner::kProbe, slot);
      (*ring)->connect(slot, listener.endpoint(), {}, token);
      EXPECT_EQ(result_of_next(**ring), 0);
      if (slot % 2 == 0) continue;
      (*ring)->close(slot, token);
      EXPECT_EQ(result_of_next(**ring), 0);
    }
    EXPECT_EQ(testing::open_descriptors(), idle + kCount / 2);
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace tracer::engine
