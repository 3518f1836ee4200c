#include "tools/tracer/load/load_options.h"

#include <gtest/gtest.h>

namespace tracer::cli {
namespace {

TEST(LoadOptions, Rates) {
  EXPECT_EQ(parse_rate("500"), 500U);
  EXPECT_EQ(parse_rate("500/s"), 500U);
  EXPECT_EQ(parse_rate("1000000/s"), 1'000'000U);
  for (const char* text : {"", "/s", "0", "-1", "1.5", "500/m", "500 /s", "5e3", "1000001",
                           "99999999999999999999", "500/s/s", " 5"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(LoadOptions, SomethingAlwaysBoundsALoad) {
  LoadOptions options;
  EXPECT_FALSE(options.open_loop());
  EXPECT_EQ(options.plan().in_flight, 100U);
  EXPECT_EQ(options.plan().duration_ns, 10'000'000'000);
  EXPECT_EQ(options.plan().count, UINT64_MAX);

  options.count = 7;
  EXPECT_EQ(options.plan().duration_ns, sched::LoadPlan::kMaxNs);
  EXPECT_EQ(options.plan().count, 7U);

  options.duration_ns = 3;
  options.rate = 5;
  EXPECT_TRUE(options.open_loop());
  EXPECT_EQ(options.plan().duration_ns, 3);
  EXPECT_EQ(options.plan().count, 7U);
}

}  // namespace
}  // namespace tracer::cli
