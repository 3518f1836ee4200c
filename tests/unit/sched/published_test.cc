#include "sched/published.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace tracer::sched {
namespace {

struct Record {
  std::uint64_t first = 0;
  std::int64_t second = 0;
  std::uint64_t more[30] = {};
};

TEST(Published, NothingWasPublishedAtFirst) {
  const Published<Record> published;
  EXPECT_EQ(published.load().first, 0U);
  EXPECT_EQ(published.load().more[29], 0U);
}

TEST(Published, GivesEveryFieldBack) {
  Published<Record> published;
  Record record{1, -2, {}};
  record.more[29] = UINT64_MAX;
  published.store(record);
  EXPECT_EQ(published.load().first, 1U);
  EXPECT_EQ(published.load().second, -2);
  EXPECT_EQ(published.load().more[29], UINT64_MAX);
}

// Fields are whole, never go back, and those read later are not from before the ones read earlier.
TEST(Published, MayBeReadWhileItIsWritten) {
  Published<Record> published;
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 50'000; ++i) {
      Record record;
      record.first = i << 32 | i;
      record.second = static_cast<std::int64_t>(i);
      for (std::uint64_t& field : record.more) field = i;
      published.store(record);
    }
    over = true;
  });
  std::uint64_t seen = 0;
  while (!over) {
    const Record record = published.load();
    const std::uint64_t now = record.first >> 32;
    ASSERT_EQ(record.first & UINT32_MAX, now);
    ASSERT_GE(now, seen);
    for (const std::uint64_t field : record.more) ASSERT_GE(field + 1, now);
    seen = now;
  }
  writer.join();
  EXPECT_EQ(published.load().first >> 32, 50'000U);
}

}  // namespace
}  // namespace tracer::sched
