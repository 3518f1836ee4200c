#include "sched/history_book.h"

#include <gtest/gtest.h>

namespace tracer::sched {
namespace {

using engine::Verdict;

TEST(HistoryBookTest, KeepsEachMonitorsOwn) {
  HistoryBook book(2);
  book.observe(1, Verdict::kDown, 10);
  book.skip(0, 3);
  EXPECT_EQ(book.at(1).failed_in_a_row(), 1U);
  EXPECT_FALSE(book.at(0).known());
  EXPECT_EQ(book.at(0).skipped, 3U);
  EXPECT_EQ(book.all().size(), 2U);
}

TEST(HistoryBookTest, EveryChangeIsSeen) {
  HistoryBook book(2);
  std::uint64_t last = book.revision();
  const auto changed = [&] { return std::exchange(last, book.revision()) != last; };
  EXPECT_FALSE(changed());
  book.observe(0, Verdict::kUp, 10);
  EXPECT_TRUE(changed());
  book.skip(0, 1);
  EXPECT_TRUE(changed());
  book.set(1, {});
  EXPECT_TRUE(changed());
  book.carry(0, 1);
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
}

TEST(HistoryBookTest, GrowsAndCarriesOver) {
  HistoryBook book(1);
  book.observe(0, Verdict::kDown, 10);
  const engine::History before = book.at(0);
  book.resize(2);
  EXPECT_EQ(book.at(0), before);
  EXPECT_EQ(book.at(1), engine::History{});
  book.carry(0, 1);
  EXPECT_EQ(book.at(1), before);
  EXPECT_EQ(book.at(0), engine::History{});
}

}  // namespace
}  // namespace tracer::sched
