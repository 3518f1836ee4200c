#include "tools/tracer/state/state_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/sinks/manual_clock.h"
#include "tests/unit/sinks/sample_reports.h"
#include "tests/unit/state/scratch_folder.h"

namespace tracer::cli {
namespace {

using engine::History;
using engine::Verdict;

class StateFileTest : public testing::Test {
 protected:
  StateFile file(std::string_view name) { return StateFile(folder_.path(name), clock_); }
  // Two monitors, the second one down for `checks`.
  std::vector<History> histories(int checks) const {
    std::vector<History> all(monitors_.size());
    for (int i = 0; i < checks; ++i) all[1].observe(Verdict::kDown, samples::kStartedMs);
    return all;
  }
  tl::expected<void, std::string> replace(StateFile& file, int checks) {
    return file.replace(monitors_, histories(checks), samples::kStartedMs);
  }
  std::uint32_t checks_in(std::string_view name) {
    auto claimed = file(name).claim(monitors_);
    return claimed ? claimed->histories.at(1).checks : 0;
  }

  ScratchFolder folder_;
  ManualClock clock_;
  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
};

TEST_F(StateFileTest, IsMadeReadAndReplaced) {
  {
    StateFile state = file("state");
    auto claimed = state.claim(monitors_);
    ASSERT_TRUE(claimed) << claimed.error();
    EXPECT_EQ(claimed->source, Restored::Source::kNothing);
    for (int checks = 1; checks <= 3; ++checks) ASSERT_TRUE(replace(state, checks));
  }
  EXPECT_EQ(folder_.files(), 1U);  // nothing of the writing is left
  const std::string text = folder_.read("state");
  EXPECT_NE(text.find("\"monitors\":1}\n{\"id\":\"cache\",\"verdict\":\"down\""), text.npos)
      << text;
  EXPECT_EQ(checks_in("state"), 3U);
}

TEST_F(StateFileTest, WhatAKilledRunHasLeftIsNoObstacle) {
  folder_.write("state.tmp", "half of a");
  StateFile state = file("state");
  ASSERT_TRUE(replace(state, 1));
  EXPECT_EQ(folder_.files(), 1U);
}

TEST_F(StateFileTest, BelongsToOneRun) {
  auto first = std::make_unique<StateFile>(folder_.path("state"), clock_);
  ASSERT_TRUE(first->claim(monitors_));
  ASSERT_TRUE(replace(*first, 1));  // the lock goes along to the new file
  StateFile second = file("state");
  const auto refused = second.claim(monitors_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), folder_.path("state") + " is in use by another run");
  EXPECT_FALSE(replace(second, 9));
  ASSERT_TRUE(replace(*first, 2));
  first.reset();
  EXPECT_TRUE(replace(second, 3));
}

TEST_F(StateFileTest, WhatIsNoStateIsNeverReplaced) {
  const std::vector<std::string> texts = {"monitors: []\n", "{\"tracer_state\":2}\n",
                                          "{\"monitor\":{\"id\":\"a\"},\"verdict\":\"up\","
                                          "\"started_at\":\"2026-01-02T03:04:05.678Z\"}\n"};
  for (const std::string& text : texts) {
    folder_.write("precious", text);
    StateFile state = file("precious");
    EXPECT_FALSE(state.claim(monitors_));
    EXPECT_FALSE(replace(state, 1));
    EXPECT_EQ(folder_.read("precious"), text);
  }
  StateFile device("/dev/null", clock_);
  EXPECT_FALSE(replace(device, 1));
  ASSERT_EQ(::mkfifo(folder_.path("pipe").c_str(), 0600), 0);
  StateFile pipe = file("pipe");
  EXPECT_FALSE(replace(pipe, 1));
  StateFile folder = file(".");
  EXPECT_FALSE(replace(folder, 1));
}

TEST_F(StateFileTest, ADamagedStateIsReplaced) {
  folder_.write("state",
                "{\"tracer_state\":1,\"written_at\":\"2026-01-02T03:04:05.678Z\","
                "\"monitors\":2}\n{\"id\":\"web");
  StateFile state = file("state");
  const auto claimed = state.claim(monitors_);
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->damaged, 1U);
  EXPECT_TRUE(replace(state, 1));
}

// A file size limit stands in for a full disk: the write breaks off in the middle.
TEST_F(StateFileTest, AFullDiskLeavesTheEarlierFile) {
  StateFile state = file("state");
  ASSERT_TRUE(replace(state, 5));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit small = limit;
  small.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = replace(state, 6);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("state.tmp: File too large"), std::string::npos)
      << written.error();
  EXPECT_EQ(folder_.files(), 1U);
  EXPECT_TRUE(replace(state, 7));  // the lock was kept
  EXPECT_NE(folder_.read("state").find("\"checks\":7"), std::string::npos);
}

TEST_F(StateFileTest, AFolderThatComesLaterHeals) {
  StateFile state = file("later/state");
  EXPECT_FALSE(state.claim(monitors_));
  EXPECT_FALSE(replace(state, 1));
  ASSERT_EQ(::mkdir(folder_.path("later").c_str(), 0700), 0);
  EXPECT_TRUE(replace(state, 2));
  EXPECT_NE(folder_.read("later/state").find("\"checks\":2"), std::string::npos);
}

TEST_F(StateFileTest, ThroughASymbolicLinkItsTargetIsReplaced) {
  folder_.write("real", "");
  std::filesystem::create_symlink("real", folder_.path("link"));
  StateFile state = file("link");
  ASSERT_TRUE(replace(state, 4));
  EXPECT_TRUE(std::filesystem::is_symlink(folder_.path("link")));
  EXPECT_NE(folder_.read("real").find("\"checks\":4"), std::string::npos);
}

TEST_F(StateFileTest, KeepsWhoMayReadIt) {
  folder_.write("state", "");
  ASSERT_EQ(::chmod(folder_.path("state").c_str(), 0600), 0);
  StateFile state = file("state");
  ASSERT_TRUE(replace(state, 1));
  struct stat status {};
  ASSERT_EQ(::stat(folder_.path("state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace tracer::cli
