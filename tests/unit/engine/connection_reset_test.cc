#include "engine/connection_reset.h"

#include <gtest/gtest.h>

namespace tracer::engine {
namespace {

TEST(ConnectionReset, IsToldFromAConnectionThatWasNotMade) {
  EXPECT_TRUE(was_made_and_reset(-ECONNRESET));
  EXPECT_TRUE(was_made_and_reset(-EPIPE));
  for (const int result : {0, -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, -ECANCELED, -EMFILE}) {
    EXPECT_FALSE(was_made_and_reset(result)) << result;
  }
}

TEST(ConnectionReset, IsWhatTheNextOperationFinds) {
  for (const int result : {0, -EPIPE, -ENOTCONN, -ECONNRESET}) {
    EXPECT_EQ(after_reset(result), -ECONNRESET);
  }
  EXPECT_EQ(after_reset(4), 4);  // came before it
  EXPECT_EQ(after_reset(-ECANCELED), -ECANCELED);
}

}  // namespace
}  // namespace tracer::engine
