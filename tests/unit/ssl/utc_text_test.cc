#include "ssl/utc_text.h"

#include <gtest/gtest.h>

namespace tracer::ssl {
namespace {

TEST(UtcText, IsIso8601) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(1782864000), "2026-07-01T00:00:00Z");
  EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace tracer::ssl
