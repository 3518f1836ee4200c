#include "tools/tracer/control/top_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/control/sample_run.h"
#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Presentation width(int columns) {
  Presentation presentation;
  presentation.columns = columns;
  return presentation;
}

TopView view() {
  TopView view;
  view.earlier = samples::distinct_sample();
  view.earlier.run.uptime_ns = 10'000'000'000;
  view.now = view.earlier;
  sched::Snapshot& run = view.now.run;
  run.uptime_ns = 12'000'000'000;
  run.slots = 4096;
  run.shards.monitors = 1'000'000;
  run.evaluated.reports += 33'334;
  run.evaluated.by_verdict[0] += 33'000;
  run.evaluated.by_verdict[2] += 334;
  run.evaluated.by_failure[static_cast<std::size_t>(engine::FailureCode::kDnsTimeout)] = 334;
  run.shards.names.hits += 999;
  run.shards.names.misses += 1;
  view.now.process.cpu_user_ns += 1'000'000'000;
  view.now.process.cpu_system_ns += 1'000'000'000;
  view.now.process.resident_bytes = 300'000'000;
  sched::Histogram late;
  for (int i = 0; i < 75; ++i) late.record(500'000);
  for (int i = 0; i < 25; ++i) late.record(5'000'000);
  late.add_to(run.lateness);
  view.rates = {0, 50, 100, 25};
  return view;
}

TEST(TopFrame, ShowsWhatHappenedBetweenTheSamples) {
  const std::string frame = top_frame(view(), width(100), 0);
  EXPECT_THAT(frame,
              HasSubstr("tracer 1.2.3  pid 1001  up 12s  1,000,000 monitors, 1004 shards\n"));
  EXPECT_THAT(frame, HasSubstr("over the last 2.0 s\n"));
  EXPECT_THAT(frame, HasSubstr("checks/s    16,667   ▁▅█▃\n"));
  EXPECT_THAT(frame, HasSubstr("verdicts/s  up 16,500  degraded 0.0  down 167.0  unknown 0.0\n"));
  EXPECT_THAT(frame, HasSubstr("in flight   1,009 of 4,096\n"));
  EXPECT_THAT(frame, HasSubstr("late        p50 524 µs  p99 5.24 ms  p99.9 5.24 ms  skipped 0\n"));
  EXPECT_THAT(frame, HasSubstr("  to 1 ms    75.0% ██████████████████████████████\n"));
  EXPECT_THAT(frame, HasSubstr("  to 10 ms   25.0% ██████████\n"));
  EXPECT_THAT(frame, HasSubstr("dns         hits 99.9%"));
  EXPECT_THAT(frame, HasSubstr("CPU         100.0%, 60 µs a check\n"));
  EXPECT_THAT(frame, HasSubstr("memory      286 MiB, 300 B a monitor; "));
  EXPECT_THAT(frame, HasSubstr("failures/s  167.0    dns_timeout, 334 in all\n"));
  EXPECT_THAT(frame, HasSubstr("            0.0      connection_refused, 17 in all\n"));
  EXPECT_THAT(frame, Not(HasSubstr("\x1b")));
}

TEST(TopFrame, FitsAnyTerminal) {
  for (const bool unicode : {true, false}) {
    for (int columns = 20; columns <= 200; ++columns) {
      Presentation presentation = width(columns);
      presentation.unicode = unicode;
      TopView wide = view();
      wide.trouble = "cannot reach a tracer at /run/user/1000/some/where/tracer.sock";
      wide.rates.assign(500, 3.0);
      for (const std::string& line : lines_of(top_frame(wide, presentation, 0))) {
        ASSERT_LE(display_width(line), columns) << line;
      }
    }
  }
  const auto all = lines_of(top_frame(view(), width(80), 0));
  ASSERT_GT(all.size(), 10U);
  for (int rows = 1; rows <= static_cast<int>(all.size()) + 3; ++rows) {
    const auto lines = lines_of(top_frame(view(), width(80), rows));
    ASSERT_EQ(lines.size(), std::min<std::size_t>(all.size(), static_cast<std::size_t>(rows)));
    EXPECT_EQ(lines.back(), all[lines.size() - 1]);
  }
}

TEST(TopFrame, SpeaksAsciiWhereTheTerminalDoes) {
  Presentation presentation = width(80);
  presentation.unicode = false;
  for (const char byte : top_frame(view(), presentation, 0)) {
    ASSERT_LT(static_cast<unsigned char>(byte), 0x80U);
  }
}

TEST(TopFrame, ColoursWithoutChangingTheText) {
  Presentation presentation = width(80);
  presentation.colour = true;
  std::string coloured = top_frame(view(), presentation, 0);
  EXPECT_THAT(coloured, HasSubstr("\x1b["));
  for (std::size_t at = 0; (at = coloured.find("\x1b[", at)) != coloured.npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  const auto plain = lines_of(top_frame(view(), width(80), 0));
  const auto stripped = lines_of(coloured);
  ASSERT_EQ(stripped.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(stripped[i].substr(0, plain[i].size()), plain[i]);
  }
}

TEST(TopFrame, AFirstSampleIsSinceTheRunBegan) {
  TopView first;
  first.now = view().now;
  first.now.run.evaluated.reports = 1200;
  const std::string frame = top_frame(first, width(80), 0);
  EXPECT_THAT(frame, HasSubstr("since the run began\nchecks/s    100.0\n"));
}

TEST(TopFrame, SaysThatTheRunIsGone) {
  TopView gone = view();
  gone.trouble = "no answer\x1b[2J";
  EXPECT_THAT(top_frame(gone, width(80), 0), HasSubstr("\ntrying again: no answer\\x1b[2J\n"));
}

TEST(TopFrame, OfARunThatHasDoneNothing) {
  const std::string frame = top_frame({}, width(80), 0);
  EXPECT_THAT(frame, HasSubstr("late        p50 –  p99 –  p99.9 –  skipped 0\n"));
  EXPECT_THAT(frame, HasSubstr("CPU         –\n"));
  EXPECT_THAT(frame, Not(HasSubstr("nan")));
  EXPECT_THAT(frame, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace tracer::cli
