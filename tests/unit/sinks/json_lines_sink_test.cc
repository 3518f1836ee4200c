#include "tools/tracer/sinks/json_lines_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "tests/unit/sinks/captured_output.h"
#include "tests/unit/sinks/manual_clock.h"
#include "tests/unit/sinks/sample_reports.h"

namespace tracer::cli {
namespace {

class JsonLines : public testing::Test {
 protected:
  JsonLines() {
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read_end_ = ends[0];
    write_end_ = ends[1];
  }
  ~JsonLines() override {
    close_reader();
    close_writer();
  }

  void close_reader() {
    if (read_end_ >= 0) ::close(read_end_);
    read_end_ = -1;
  }
  void close_writer() {
    if (write_end_ >= 0) ::close(write_end_);
    write_end_ = -1;
  }
  bool anything_arrived() const {
    pollfd ready{read_end_, POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0;
  }
  std::string read_some() const {
    std::string bytes(1 << 20, '\0');
    const ssize_t got = ::read(read_end_, bytes.data(), bytes.size());
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  std::string read_to_end() const {
    std::string all;
    for (std::string part = read_some(); !part.empty(); part = read_some()) all += part;
    return all;
  }
  JsonLinesSink sink(int descriptor) {
    return JsonLinesSink({descriptor, "standard output"}, monitors_, {"local", "a"}, clock_);
  }

  ManualClock clock_;
  engine::MonitorSet monitors_ = samples::monitor_set({samples::redis_monitor()});
  samples::Sample sample_ = samples::redis_success(0);
  engine::Report report_ = sample_.judged(monitors_);
  int read_end_ = -1;
  int write_end_ = -1;
};

// What `tracer run --json >> FILE` finds after a kill.
TEST_F(JsonLines, ATornLineAtTheEndOfAFileIsEnded) {
  const auto all_after = [this](std::string_view before, int flags) {
    const CapturedOutput output;
    EXPECT_EQ(::write(output.descriptor(), before.data(), before.size()),
              static_cast<ssize_t>(before.size()));
    EXPECT_EQ(::fcntl(output.descriptor(), F_SETFL, flags), 0);
    JsonLinesSink lines = sink(output.descriptor());
    lines.write({&report_, 1});
    EXPECT_TRUE(lines.finish());
    return output.text();
  };
  std::string line;
  append_report_json(line, report_, monitors_, {"local", "a"});
  line += '\n';
  for (const int flags : {0, O_APPEND}) {
    EXPECT_EQ(all_after("{\"moni", flags), "{\"moni\n" + line);
    EXPECT_EQ(all_after("{}\n", flags), "{}\n" + line);
    EXPECT_EQ(all_after("", flags), line);
  }
}

TEST_F(JsonLines, AFewLinesWaitAndLeaveWithinTheirTime) {
  JsonLinesSink lines = sink(write_end_);
  lines.write({&report_, 1});
  EXPECT_FALSE(anything_arrived());
  clock_.advance_ms(199);
  lines.tick();
  EXPECT_FALSE(anything_arrived());
  clock_.advance_ms(1);
  lines.tick();
  ASSERT_TRUE(anything_arrived());
  std::string expected;
  append_report_json(expected, report_, monitors_, {"local", "a"});
  EXPECT_EQ(read_some(), expected + "\n");
  lines.tick();
  EXPECT_FALSE(anything_arrived());
}

TEST_F(JsonLines, ManyLinesLeaveAtOnceAndTheRestAtTheEnd) {
  JsonLinesSink lines = sink(write_end_);
  std::thread reader;
  std::string all;
  reader = std::thread([&] { all = read_to_end(); });
  constexpr int kLines = 3000;  // far more than a pipe holds: the writer has to wait for the reader
  for (int count = 0; count < kLines; ++count) lines.write({&report_, 1});
  EXPECT_TRUE(lines.finish().has_value());
  close_writer();
  reader.join();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), kLines);
}

TEST_F(JsonLines, ANonBlockingPipeIsWaitedFor) {
  ASSERT_EQ(::fcntl(write_end_, F_SETFL, O_NONBLOCK), 0);
  JsonLinesSink lines = sink(write_end_);
  std::string all;
  std::thread reader([&] { all = read_to_end(); });
  constexpr int kLines = 3000;
  for (int count = 0; count < kLines; ++count) lines.write({&report_, 1});
  EXPECT_TRUE(lines.finish().has_value());
  close_writer();
  reader.join();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), kLines);
}

TEST_F(JsonLines, AReaderThatWentAwayIsReported) {
  JsonLinesSink lines = sink(write_end_);
  close_reader();
  lines.write({&report_, 1});
  EXPECT_FALSE(lines.broken());
  clock_.advance_ms(500);
  lines.tick();
  EXPECT_TRUE(lines.broken());
  lines.write({&report_, 1});
  const auto end = lines.finish();
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error(), "cannot write to standard output: Broken pipe");
}

TEST_F(JsonLines, AFullDiskIsReportedAtTheEnd) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  JsonLinesSink lines = sink(full);
  lines.write({&report_, 1});
  const auto end = lines.finish();
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error(), "cannot write to standard output: No space left on device");
  ::close(full);
}

}  // namespace
}  // namespace tracer::cli
