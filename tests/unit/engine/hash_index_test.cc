#include "engine/hash_index.h"

#include <gtest/gtest.h>

#include <vector>

namespace tracer::engine {
namespace {

TEST(HashIndexTest, FindsWhatWasInsertedAndNothingElse) {
  HashIndex index;
  const auto any = [](std::uint32_t) { return true; };
  EXPECT_FALSE(index.find(1, any));
  constexpr std::uint32_t kCount = 10'000;
  for (std::uint32_t value = 0; value < kCount; ++value) index.insert(value * 3ULL, value);
  for (std::uint32_t value = 0; value < kCount; ++value) {
    const auto same = [&](std::uint32_t found) { return found == value; };
    EXPECT_EQ(index.find(value * 3ULL, same), value);
    EXPECT_FALSE(index.find(value * 3ULL + 1, same));
  }
}

TEST(HashIndexTest, EqualHashesAreToldApart) {
  HashIndex index;
  constexpr std::uint32_t kCount = 100;
  for (std::uint32_t value = 0; value < kCount; ++value) index.insert(7, value);
  for (std::uint32_t value = 0; value < kCount; ++value) {
    EXPECT_EQ(index.find(7, [&](std::uint32_t found) { return found == value; }), value);
  }
  EXPECT_FALSE(index.find(7, [](std::uint32_t) { return false; }));
}

}  // namespace
}  // namespace tracer::engine
