#include "tools/tracer/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
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

  std::filesystem::path directory_;
};

TEST_F(FileWatchTest, NoticesAFileThatIsWritten) {
  FileWatch watch({path("monitors.yaml").string()});
  EXPECT_EQ(watch.trouble(), "");
  write("monitors.yaml", "second");
  EXPECT_TRUE(watch.wait());
}

TEST_F(FileWatchTest, NoticesAFileThatTakesItsPlaceAgainAndAgain) {
  FileWatch watch({path("monitors.yaml").string()});
  for (int i = 0; i < 3; ++i) {
    write("monitors.new", "second");
    std::filesystem::rename(path("monitors.new"), path("monitors.yaml"));
    EXPECT_TRUE(watch.wait());
  }
}

TEST_F(FileWatchTest, OtherFilesDoNotConcernIt) {
  FileWatch watch({path("monitors.yaml").string()});
  write("other.yaml", "text");
  watch.wake();
  EXPECT_FALSE(watch.wait());
}

TEST_F(FileWatchTest, IsWokenByAnotherThread) {
  FileWatch watch({});
  auto woken = std::async(std::launch::async, [&watch] { return watch.wait(); });
  watch.wake();
  EXPECT_FALSE(woken.get());
}

TEST_F(FileWatchTest, SaysWhatItCannotWatch) {
  const FileWatch watch({path("nowhere/monitors.yaml").string()});
  EXPECT_NE(watch.trouble().find("nowhere/monitors.yaml"), std::string::npos);
}

}  // namespace
}  // namespace tracer::cli
