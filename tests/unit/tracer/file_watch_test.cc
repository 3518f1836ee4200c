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
