// The harness of the tests that hold the rings that talk to the kernel to their contract.
// Everything runs on the test's thread.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/engine/loopback.h"
#include "tests/unit/engine/ring_driver.h"
#include "tests/unit/engine/ring_factories.h"

namespace tracer::engine::testing {

class RingTest : public RingDriver, public ::testing::WithParamInterface<RingFactory> {
 protected:
  void open(std::uint32_t slots) {
    auto created = GetParam().create(slots);
    ASSERT_TRUE(created) << created.error();
    ring_ = std::move(*created);
  }
  Socket connected(Slot slot, const Listener& listener) {
    connect(slot, listener.endpoint());
    EXPECT_EQ(take(token(kConnect, slot)).result, 0);
    return listener.accept();
  }
};

}  // namespace tracer::engine::testing
