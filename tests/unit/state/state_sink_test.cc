#include "tools/tracer/state/state_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/unit/sinks/manual_clock.h"
#include "tests/unit/sinks/sample_reports.h"
#include "tests/unit/state/scratch_folder.h"

namespace tracer::cli {
namespace {

using engine::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Results final : public sched::ReportSink {
 public:
  void write(std::span<const engine::Report>) override {}
  void flush() override { ++flushes; }
  bool broken() const override { return is_broken; }
  tl::expected<void, std::string> finish() override { return {}; }
  int flushes = 0;
  bool is_broken = false;
};

class StateSinkTest : public testing::Test {
 protected:
  void start(const StateOptions& options) {
    sink_.emplace(options, clock_, [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      said_.push_back(line);
    });
    book_ = sink_->restore(*monitors_);
    if (book_.size() == 0) book_ = sched::HistoryBook(monitors_->size());
    sink_->watch([this] { return StateSink::Known{monitors_, book_}; }, results_);
  }
  void down() { book_.observe(1, Verdict::kDown, samples::kStartedMs); }
  void tick_after_ms(std::int64_t milliseconds) {
    clock_.advance_ms(milliseconds);
    sink_->tick();
  }
  void finish() {
    EXPECT_TRUE(sink_->finish());
    sink_.reset();
  }
  std::string path() const { return folder_.path("state"); }

  ScratchFolder folder_;
  ManualClock clock_;
  std::shared_ptr<const engine::MonitorSet> monitors_ = std::make_shared<engine::MonitorSet>(
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()}));
  sched::HistoryBook book_;
  Results results_;
  std::mutex mutex_;
  std::vector<std::string> said_;
  std::optional<StateSink> sink_;
};

TEST_F(StateSinkTest, ARunGoesOnWhereTheLastOneEnded) {
  start({path()});
  down();
  down();
  finish();
  EXPECT_THAT(said_, IsEmpty());
  start({path()});
  EXPECT_EQ(book_.at(1).failed_in_a_row(), 2U);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("state: 1 monitor known from before, as of 1970-")));
  finish();
}

TEST_F(StateSinkTest, IsWrittenAtItsIntervalWhenThereIsNews) {
  start({path(), 1000});
  tick_after_ms(1000);
  EXPECT_EQ(results_.flushes, 0);
  down();
  tick_after_ms(999);
  EXPECT_EQ(results_.flushes, 0);
  tick_after_ms(1);
  EXPECT_EQ(results_.flushes, 1);  // results leave before the state that counts them
  finish();
  EXPECT_EQ(results_.flushes, 1);  // nothing new at the end
  EXPECT_THAT(folder_.read("state"), HasSubstr("\"failed_in_a_row\":1"));
}

TEST_F(StateSinkTest, ResultsThatReachNobodyAreNotCounted) {
  start({path(), 1000});
  down();
  results_.is_broken = true;
  tick_after_ms(1000);
  finish();
  EXPECT_EQ(folder_.read("state"), "");
}

TEST_F(StateSinkTest, TroubleIsToldOnceAndWhenItIsOver) {
  start({folder_.path("later/state"), 1000});
  for (int i = 0; i < 5; ++i) {
    down();
    tick_after_ms(1000);
  }
  ASSERT_EQ(::mkdir(folder_.path("later").c_str(), 0700), 0);
  finish();
  EXPECT_THAT(said_, ElementsAre(HasSubstr("no state is kept until that has changed"),
                                 HasSubstr("the state is kept again in ")));
  EXPECT_THAT(folder_.read("later/state"), HasSubstr("\"failed_in_a_row\":5"));
}

TEST_F(StateSinkTest, TroubleAtTheEndIsToldAndFailsNoRun) {
  folder_.write("state", "precious\n");
  start({path()});
  down();
  finish();
  EXPECT_THAT(said_, ElementsAre(HasSubstr("is neither a state file nor results"),
                                 HasSubstr("the state at the end of the run could not be kept")));
  EXPECT_EQ(folder_.read("state"), "precious\n");
}

TEST_F(StateSinkTest, AnotherFileMayTakeThePlaceOfTheState) {
  start({path()});
  down();
  finish();
  std::filesystem::rename(path(), folder_.path("other"));
  StateOptions options{path()};
  options.restore_from = folder_.path("other");
  start(options);
  EXPECT_EQ(book_.at(1).failed_in_a_row(), 1U);
  finish();
  EXPECT_THAT(folder_.read("state"), HasSubstr("\"failed_in_a_row\":1"));
}

TEST_F(StateSinkTest, AFileThatIsNotThereKeepsNothingFromStarting) {
  StateOptions options;
  options.restore_from = folder_.path("nowhere");
  start(options);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("cannot be read: No such file")));
  finish();
  EXPECT_EQ(folder_.files(), 0U);
}

TEST_F(StateSinkTest, WithoutAFileNothingIsKept) {
  start({});
  down();
  tick_after_ms(100'000);
  finish();
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_EQ(results_.flushes, 0);
}

}  // namespace
}  // namespace tracer::cli
