// What concerns epoll's ordinary descriptors; the rest is in ring_contract_test.cc.

#include "engine/epoll_ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

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
  const testing::Listener listener;
  const int next = dup(listener.descriptor());  // the lowest free one
  ::close(next);
  const rlimit none_left{static_cast<rlim_t>(next), before.rlim_max};
  const Token token = make_token(TokenOwner::kProbe, 2);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  (*ring)->connect(2, listener.endpoint(), {}, token);
  EXPECT_EQ(result_of_next(**ring), -EMFILE);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  (*ring)->close(2, token);
  EXPECT_EQ(result_of_next(**ring), 0);
  (*ring)->connect(2, listener.endpoint(), {}, token);
  EXPECT_EQ(result_of_next(**ring), 0);
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
