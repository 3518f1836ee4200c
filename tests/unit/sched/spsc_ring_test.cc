#include "sched/spsc_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <thread>
#include <vector>

namespace tracer::sched {
namespace {

std::vector<int> pop(SpscRing<int>& ring, std::size_t at_most) {
  std::vector<int> out(at_most);
  out.resize(ring.pop(out));
  return out;
}

TEST(SpscRing, GivesBackInOrder) {
  SpscRing<int> ring(8);
  EXPECT_EQ(ring.capacity(), 8U);
  for (const int value : {1, 2, 3}) EXPECT_TRUE(ring.push(value));
  EXPECT_EQ(pop(ring, 2), (std::vector<int>{1, 2}));
  EXPECT_TRUE(ring.push(4));
  EXPECT_EQ(pop(ring, 8), (std::vector<int>{3, 4}));
  EXPECT_TRUE(pop(ring, 8).empty());
}

TEST(SpscRing, RefusesWhenFullAndOnlyThen) {
  SpscRing<int> ring(4);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
    EXPECT_FALSE(ring.push(4));
    EXPECT_EQ(pop(ring, 1), std::vector<int>{0});
    EXPECT_TRUE(ring.push(4));
    EXPECT_FALSE(ring.push(5));
    EXPECT_EQ(pop(ring, 8), (std::vector<int>{1, 2, 3, 4}));
  }
}

TEST(SpscRing, ShowsRecordsWhereTheyLieUntilTheyAreReleased) {
  SpscRing<int> ring(4);
  EXPECT_TRUE(ring.front(4).empty());
  for (const int value : {1, 2, 3}) ring.push(value);
  EXPECT_THAT(ring.front(2), testing::ElementsAre(1, 2));
  EXPECT_THAT(ring.front(4), testing::ElementsAre(1, 2, 3));
  ring.release(2);
  for (const int value : {4, 5, 6}) EXPECT_TRUE(ring.push(value));
  EXPECT_FALSE(ring.push(7));
  EXPECT_THAT(ring.front(4), testing::ElementsAre(3, 4));  // the rest lies at the other end
  ring.release(2);
  EXPECT_TRUE(ring.push(7));
  EXPECT_THAT(ring.front(4), testing::ElementsAre(5, 6, 7));
  ring.release(3);
  EXPECT_EQ(ring.size(), 0U);
}

TEST(SpscRing, SaysHowFullItIs) {
  SpscRing<std::uint64_t> ring(4);
  EXPECT_EQ(ring.size(), 0U);
  for (std::uint64_t i = 0; i < 5; ++i) ring.push(i);
  EXPECT_EQ(ring.size(), 4U);
  std::array<std::uint64_t, 3> out{};
  ring.pop(out);
  EXPECT_EQ(ring.size(), 1U);
}

TEST(SpscRing, HoldsOneRecord) {
  SpscRing<int> ring(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ring.push(i));
    EXPECT_FALSE(ring.push(9));
    EXPECT_EQ(pop(ring, 3), std::vector<int>{i});
  }
}

TEST(SpscRing, PopsNothingIntoNothing) {
  SpscRing<int> ring(2);
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(pop(ring, 0).empty());
  EXPECT_EQ(pop(ring, 1), std::vector<int>{1});
}

// Larger than a word: a torn record would show, and a data race is for the thread sanitizer.
struct Record {
  std::array<std::uint64_t, 9> words{};
};

TEST(SpscRing, CarriesEverythingBetweenTwoThreads) {
  constexpr std::uint64_t kRecords = 200'000;
  SpscRing<Record> ring(64);
  std::thread producer([&ring] {
    Record record;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      record.words.fill(i);
      while (!ring.push(record)) std::this_thread::yield();
    }
  });
  std::array<Record, 24> batch;
  std::uint64_t expected = 0;
  std::uint64_t wrong = 0;
  while (expected < kRecords) {
    const std::size_t count = ring.pop(batch);
    if (count == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < count; ++i, ++expected) {
      for (const std::uint64_t word : batch[i].words) wrong += word == expected ? 0 : 1;
    }
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(ring.pop(batch), 0U);
}

}  // namespace
}  // namespace tracer::sched
