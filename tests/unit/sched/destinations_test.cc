#include "sched/destinations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "sched/limits.h"

namespace tracer::sched {
namespace {

using Answer = Destinations::Answer;
using engine::Attempt;
using engine::IpAddress;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

IpAddress address(std::uint32_t last) {
  return IpAddress::parse("10." + std::to_string(last >> 16 & 255) + "." +
                          std::to_string(last >> 8 & 255) + "." + std::to_string(last & 255))
      .value();
}

// Asks for `monitor` in `slot` as a probe does whose name is an address.
Answer begin(Destinations& destinations, engine::Slot slot, std::uint32_t monitor,
             const IpAddress& target, std::int64_t now_ns = 0) {
  destinations.begin(slot, {.monitor = monitor}, now_ns);
  return destinations.ask(slot, target, now_ns);
}

TEST(Destinations, WithoutABoundKeepNothing) {
  const Destinations destinations({}, 1000);
  EXPECT_FALSE(destinations.bounded());
  EXPECT_EQ(destinations.next_turn_ns(), Destinations::kNever);
}

TEST(Destinations, AdmitUpToTheBoundAndThenInTurn) {
  Destinations destinations({.in_flight = 2}, 8);
  EXPECT_EQ(begin(destinations, 0, 100, address(1)), Answer::kGo);
  EXPECT_EQ(begin(destinations, 1, 101, address(1)), Answer::kGo);
  EXPECT_EQ(begin(destinations, 2, 102, address(1)), Answer::kWait);
  destinations.left(2, 0);
  EXPECT_EQ(begin(destinations, 2, 103, address(1)), Answer::kWait);
  destinations.left(2, 0);
  EXPECT_EQ(begin(destinations, 2, 104, address(2)), Answer::kGo);  // another one is free
  EXPECT_EQ(destinations.waiting(), 2U);
  EXPECT_EQ(destinations.next(3, kSecond), nullptr);
  EXPECT_EQ(destinations.next_turn_ns(), Destinations::kNever);
  destinations.left(0, kSecond);
  EXPECT_LE(destinations.next_turn_ns(), kSecond);
  const Attempt* first = destinations.next(3, kSecond);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->monitor, 102U);
  EXPECT_EQ(first->late_ns, kSecond);
  EXPECT_EQ(destinations.next(4, kSecond), nullptr);
  // The place is kept until it asks: one that comes between finds none.
  EXPECT_EQ(begin(destinations, 4, 105, address(1), kSecond), Answer::kWait);
  EXPECT_EQ(destinations.ask(3, address(1), kSecond), Answer::kGo);
}

TEST(Destinations, WhoComesWhileOthersWaitIsBehindThem) {
  Destinations destinations({.in_flight = 1}, 8);
  begin(destinations, 0, 1, address(1));
  begin(destinations, 1, 2, address(1));
  destinations.left(1, 0);
  destinations.left(0, 0);  // free, but somebody is in line
  EXPECT_EQ(begin(destinations, 0, 3, address(1)), Answer::kWait);
  destinations.left(0, 0);
  EXPECT_EQ(destinations.next(0, 0)->monitor, 2U);
}

TEST(Destinations, APlaceThatIsNotUsedIsGivenBack) {
  Destinations destinations({.in_flight = 1}, 8);
  begin(destinations, 0, 1, address(1));
  for (std::uint32_t monitor : {2, 3, 4}) {
    begin(destinations, 1, monitor, address(1));
    destinations.left(1, 0);
  }
  destinations.left(0, 0);
  ASSERT_NE(destinations.next(0, 0), nullptr);
  destinations.left(0, 0);  // its name was not found this time
  ASSERT_EQ(destinations.next(1, 0)->monitor, 3U);
  EXPECT_EQ(destinations.ask(1, address(9), 0), Answer::kGo);  // its name has moved
  EXPECT_EQ(destinations.next(2, 0)->monitor, 4U);
  EXPECT_EQ(destinations.waiting(), 0U);
}

TEST(Destinations, FurtherAddressesAreCountedAndDoNotWait) {
  Destinations destinations({.in_flight = 1}, 8);
  begin(destinations, 0, 1, address(1));
  begin(destinations, 1, 2, address(2));
  EXPECT_EQ(destinations.ask(1, address(1), 0), Answer::kGoOn);
  EXPECT_EQ(begin(destinations, 2, 3, address(2)), Answer::kGo);  // was left for the other one
  EXPECT_EQ(begin(destinations, 3, 4, address(1)), Answer::kWait);
  destinations.left(3, 0);
  destinations.left(0, 0);
  EXPECT_EQ(destinations.next(4, 0), nullptr);  // one is still there
  destinations.left(1, 0);
  EXPECT_NE(destinations.next(4, 0), nullptr);
}

TEST(Destinations, HoldTheRateOfEachAddress) {
  Destinations destinations({.start_interval_ns = 100 * kMs}, 4);
  std::map<std::uint32_t, std::vector<std::int64_t>> starts;  // by address
  for (std::uint32_t monitor = 0; monitor < 40; ++monitor) {
    if (begin(destinations, 0, monitor, address(monitor % 2)) == Answer::kGo) {
      starts[monitor % 2].push_back(0);
    }
    destinations.left(0, 0);
  }
  while (destinations.next_turn_ns() != Destinations::kNever) {
    const std::int64_t now_ns = destinations.next_turn_ns();
    const Attempt* attempt = destinations.next(0, now_ns);
    ASSERT_NE(attempt, nullptr);
    EXPECT_EQ(attempt->late_ns, now_ns);
    EXPECT_EQ(destinations.ask(0, address(attempt->monitor % 2), now_ns), Answer::kGo);
    starts[attempt->monitor % 2].push_back(now_ns);
    destinations.left(0, now_ns);
  }
  for (const auto& [last, at_ns] : starts) {
    ASSERT_EQ(at_ns.size(), 20U);
    for (std::size_t i = 2; i < at_ns.size(); ++i) EXPECT_EQ(at_ns[i] - at_ns[i - 1], 100 * kMs);
  }
}

// One whose turn has come, and who is not to go there after all, takes nothing of the rate.
TEST(Destinations, AStartThatIsNotMadeIsGivenBack) {
  Destinations destinations({.start_interval_ns = kSecond}, 8);
  EXPECT_EQ(begin(destinations, 0, 100, address(1)), Answer::kGo);
  EXPECT_EQ(begin(destinations, 1, 101, address(1)), Answer::kWait);
  destinations.left(1, 0);
  EXPECT_EQ(begin(destinations, 1, 102, address(1)), Answer::kWait);
  destinations.left(1, 0);
  const std::int64_t turn_ns = destinations.next_turn_ns();
  ASSERT_NE(destinations.next(1, turn_ns), nullptr);
  EXPECT_GT(destinations.next_turn_ns(), turn_ns);
  destinations.left(1, turn_ns);
  EXPECT_LE(destinations.next_turn_ns(), turn_ns);
  const Attempt* second = destinations.next(1, turn_ns);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->monitor, 102U);
}

TEST(Destinations, TakeEverythingThatWaits) {
  Destinations destinations({.in_flight = 1}, 8);
  begin(destinations, 0, 1, address(1));
  for (std::uint32_t monitor : {2, 3}) {
    begin(destinations, 1, monitor, address(1));
    destinations.left(1, 0);
  }
  EXPECT_EQ(destinations.take_waiting().size(), 2U);
  EXPECT_EQ(destinations.waiting(), 0U);
  destinations.left(0, 0);
  EXPECT_EQ(destinations.next(0, 0), nullptr);
  EXPECT_EQ(destinations.addresses(), 0U);
}

TEST(Destinations, ForgetAddressesThatAreNotInUse) {
  Destinations paced({.in_flight = 4, .start_interval_ns = 10 * kMs}, 4);
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    begin(paced, 0, i, address(i), i * kMs);
    paced.left(0, i * kMs);
    ASSERT_LE(paced.addresses(), 2 * limits::kAddressesKept);
  }
}

// Random traffic against a count of our own: never more than the bound at an address, everyone is
// admitted, and those of one address in the order in which they came.
TEST(Destinations, RandomTrafficKeepsTheBoundAndTheOrder) {
  constexpr std::uint32_t kBound = 3;
  constexpr std::uint32_t kSlots = 16;
  constexpr std::uint32_t kMonitors = 5000;
  std::mt19937 random(7);
  Destinations destinations({.in_flight = kBound, .start_interval_ns = kMs}, kSlots);
  std::map<std::uint32_t, std::uint32_t> in_flight;
  std::map<std::uint32_t, std::vector<std::uint32_t>> admitted;
  std::map<engine::Slot, std::uint32_t> running;
  std::vector<engine::Slot> free_slots;
  for (engine::Slot slot = 0; slot < kSlots; ++slot) free_slots.push_back(slot);
  std::uint32_t next_monitor = 0;
  std::size_t done = 0;
  const auto go = [&](engine::Slot slot, std::uint32_t monitor) {
    ASSERT_LE(++in_flight[monitor % 7], kBound);
    admitted[monitor % 7].push_back(monitor);
    running[slot] = monitor;
    std::erase(free_slots, slot);
  };
  for (std::int64_t now_ns = 0; done < kMonitors; now_ns += kMs / 2) {
    while (!free_slots.empty()) {
      const Attempt* attempt = destinations.next(free_slots.back(), now_ns);
      if (attempt == nullptr) break;
      const std::uint32_t monitor = attempt->monitor;
      ASSERT_EQ(destinations.ask(free_slots.back(), address(monitor % 7), now_ns), Answer::kGo);
      go(free_slots.back(), monitor);
    }
    for (auto count = random() % 4; count > 0 && !free_slots.empty(); --count) {
      if (next_monitor == kMonitors) break;
      const std::uint32_t monitor = next_monitor++;
      const engine::Slot slot = free_slots.back();
      if (begin(destinations, slot, monitor, address(monitor % 7), now_ns) == Answer::kGo) {
        go(slot, monitor);
      } else {
        destinations.left(slot, now_ns);
      }
    }
    for (auto ends = random() % 4; ends > 0 && !running.empty(); --ends) {
      const auto ended = std::next(running.begin(), random() % running.size());
      --in_flight[ended->second % 7];
      destinations.left(ended->first, now_ns);
      free_slots.push_back(ended->first);
      running.erase(ended);
      ++done;
    }
  }
  EXPECT_EQ(destinations.waiting(), 0U);
  for (const auto& [last, monitors] : admitted) EXPECT_TRUE(std::ranges::is_sorted(monitors));
}

}  // namespace
}  // namespace tracer::sched
