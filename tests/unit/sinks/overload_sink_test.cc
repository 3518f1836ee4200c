#include "tools/tracer/sinks/overload_sink.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sinks/manual_clock.h"

namespace tracer::cli {
namespace {

using sched::Restraint;

class OverloadSinkTest : public testing::Test {
 protected:
  OverloadSinkTest() { EXPECT_FALSE(look()); }

  std::optional<std::string> look() { return sink_.look(now_); }
  // Time passes in steps, as the evaluator looks; what is held back is held back all the time.
  std::string after_ms(std::int64_t milliseconds, std::uint64_t skipped_a_second,
                       std::optional<Restraint> restraint = std::nullopt) {
    std::string lines;
    for (std::int64_t passed = 0; passed < milliseconds; passed += 500) {
      clock_.advance_ms(500);
      now_.skipped += skipped_a_second / 2;
      if (restraint) now_.held_ns[static_cast<std::size_t>(*restraint)] += 500'000'000;
      if (const auto line = look()) lines += *line + "\n";
    }
    return lines;
  }
  void report_skipped(std::uint32_t monitor, std::uint32_t skipped) {
    engine::Report report;
    report.outcome.monitor = monitor;
    report.outcome.skipped = skipped;
    sink_.write({&report, 1});
  }

  ManualClock clock_;
  OverloadSink sink_{clock_};
  sched::Restraints now_;
};

TEST_F(OverloadSinkTest, SaysNothingWhenNothingIsSkipped) {
  EXPECT_EQ(after_ms(3'600'000, 0, Restraint::kSlots), "");
}

TEST_F(OverloadSinkTest, WarnsAtOnceAndThenOnceAMinute) {
  after_ms(10'000, 0);
  EXPECT_EQ(after_ms(500, 10),
            "tracer: 5 checks were skipped: checks take longer than their "
            "interval; shorten timeouts, or lengthen intervals\n");
  EXPECT_EQ(after_ms(59'500, 10), "");
  EXPECT_EQ(after_ms(500, 10).find("tracer: 600 checks were skipped: "), 0U);
  EXPECT_EQ(after_ms(59'500, 10), "");
  after_ms(600'000, 0);
  now_.skipped = now_.skipped + 1;
  EXPECT_EQ(after_ms(500, 0).find("tracer: 1 check was skipped: "), 0U);
}

TEST_F(OverloadSinkTest, WhatWasSkippedInBetweenIsToldLater) {
  after_ms(1'000, 2);
  after_ms(10'000, 8);
  EXPECT_EQ(after_ms(60'000, 0).find("tracer: 81 checks were skipped"), 0U);
}

TEST_F(OverloadSinkTest, CountsMonitorsOncePerWarning) {
  after_ms(1'000, 2);
  for (const std::uint32_t monitor : {7U, 100'000U, 7U, 8U}) report_skipped(monitor, 2);
  report_skipped(9, 0);
  EXPECT_NE(after_ms(60'000, 2).find(" of 3 monitors: "), std::string::npos);
  report_skipped(7, 2);
  EXPECT_NE(after_ms(60'000, 2).find(" of one monitor: "), std::string::npos);
}

TEST_F(OverloadSinkTest, NamesWhatHeldChecksBackTheLongest) {
  const std::pair<Restraint, std::string> cases[] = {{Restraint::kSlots, "--in-flight"},
                                                     {Restraint::kRate, "--rate"},
                                                     {Restraint::kReader, "results"},
                                                     {Restraint::kWork, "machine"}};
  for (const auto& [restraint, word] : cases) {
    now_.held_ns[static_cast<std::size_t>(Restraint::kSlots)] += 400'000'000;  // a little of it
    const std::string line = after_ms(120'000, 4, restraint);
    EXPECT_NE(line.rfind(word), std::string::npos) << line;
  }
}

TEST_F(OverloadSinkTest, ABoundPerAddressIsNamedWhereMostWereSkippedForIt) {
  after_ms(1'000, 2);
  now_.skipped_at_addresses += 200;
  EXPECT_NE(after_ms(60'000, 4, Restraint::kSlots).find("--per-address"), std::string::npos);
  now_.skipped_at_addresses += 20;
  EXPECT_NE(after_ms(60'000, 4, Restraint::kSlots).find("--in-flight"), std::string::npos);
}

}  // namespace
}  // namespace tracer::cli
