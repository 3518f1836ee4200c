#include "tools/tracer/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <string>

namespace tracer::cli {
namespace {

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    std::string name = (std::filesystem::temp_directory_path() / "file_watch.XXXXXX").string();
    directory_ = mkdtemp(name.data());
    write("monitors.yaml", "first");
  }
  ~FileWatchTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  using Files = std::set<std::string>;
  std::string monitors() const { return path("monitors.yaml").string(); }

  std::filesystem::path directory_;
  FileWatch watch_;
};

TEST_F(FileWatchTest, NoticesAFileThatIsWritten) {
  watch_.follow({monitors()});
  EXPECT_EQ(watch_.trouble(), "");
  write("monitors.yaml", "second");
  EXPECT_EQ(watch_.wait(), Files{monitors()});
}

TEST_F(FileWatchTest, NoticesAFileThatTakesItsPlaceAgainAndAgain) {
  watch_.follow({monitors()});
  for (int i = 0; i < 3; ++i) {
    write("monitors.new", "second");
    std::filesystem::rename(path("monitors.new"), monitors());
    EXPECT_EQ(watch_.wait(), Files{monitors()});
  }
}

TEST_F(FileWatchTest, TellsWhichOnesByTheNamesThatWereGiven) {
  const std::string roundabout = (directory_ / "." / "monitors.yaml").string();
  watch_.follow({monitors(), roundabout, path("roots.pem").string()});
  write("monitors.yaml", "second");
  EXPECT_EQ(watch_.wait(), (Files{monitors(), roundabout}));
  write("roots.pem", "first");
  EXPECT_EQ(watch_.wait(), Files{path("roots.pem").string()});
}

TEST_F(FileWatchTest, OtherFilesDoNotConcernIt) {
  watch_.follow({path("other.yaml").string()});
  watch_.follow({monitors()});
  write("other.yaml", "text");
  watch_.wake();
  EXPECT_EQ(watch_.wait(), Files{});
}

TEST_F(FileWatchTest, IsWokenByAnotherThread) {
  auto woken = std::async(std::launch::async, [this] { return watch_.wait(); });
  watch_.wake();
  EXPECT_EQ(woken.get(), Files{});
}

TEST_F(FileWatchTest, SaysWhatItCannotWatch) {
  watch_.follow({path("nowhere/monitors.yaml").string()});
  EXPECT_NE(watch_.trouble().find("nowhere/monitors.yaml"), std::string::npos);
  watch_.follow({monitors()});
  EXPECT_EQ(watch_.trouble(), "");
}

}  // namespace
}  // namespace tracer::cli
