// What io_uring alone gives; the rest of what it does is in ring_contract_test.cc.

#include "engine/uring_ring.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/loopback.h"

namespace tracer::engine {
namespace {

TEST(UringRing, SpendsNoDescriptorOnASocket) {
  constexpr std::uint32_t kCount = 1000;
  const auto ring = create_uring_ring(kCount);
  ASSERT_TRUE(ring) << ring.error();
  const testing::Listener listener;
  const std::size_t before = testing::open_descriptors();
  for (Slot slot = 0; slot < kCount; ++slot) {
    (*ring)->connect(slot, listener.endpoint(), {}, make_token(TokenOwner::kProbe, slot));
  }
  for (std::uint32_t done = 0; done < kCount;) {
    for (const Completion& completion : (*ring)->wait(-1)) {
      EXPECT_EQ(completion.result, 0);
      ++done;
    }
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

// Every other test of io_uring rests on it. That a refusal is told is the business of
// tests/integration/ring_choice_test.py, which has a kernel that refuses.
TEST(UringRing, IsThere) { EXPECT_EQ(why_no_uring(), std::nullopt); }

}  // namespace
}  // namespace tracer::engine
