#include "tools/tracer/control/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/unit/control/raw_client.h"

namespace tracer::cli {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;

TEST(ControlSocket, IsForItsOwnerAlone) {
  const TemporaryDirectory directory;
  const mode_t before = umask(0);
  const auto listener = listen_at(directory.file("socket"));
  umask(before);
  ASSERT_TRUE(listener);
  struct stat status {};
  ASSERT_EQ(stat(directory.file("socket").c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  close(*listener);
}

TEST(ControlSocket, WhatAnEndedRunLeftBehindIsReplaced) {
  const TemporaryDirectory directory;
  const auto first = listen_at(directory.file("socket"));
  ASSERT_TRUE(first);
  close(*first);
  const auto second = listen_at(directory.file("socket"));
  ASSERT_TRUE(second) << second.error().text;
  const auto connected = connect_to(directory.file("socket"));
  EXPECT_TRUE(connected);
  close(*connected);
  close(*second);
}

TEST(ControlSocket, WhatSomebodyListensOnIsNot) {
  const TemporaryDirectory directory;
  const auto first = listen_at(directory.file("socket"));
  ASSERT_TRUE(first);
  const auto second = listen_at(directory.file("socket"));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().in_use);
  const auto connected = connect_to(directory.file("socket"));  // the first one is still there
  EXPECT_TRUE(connected);
  close(*connected);
  close(*first);
}

TEST(ControlSocket, WhatIsNoSocketIsLeftAlone) {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("file")) << "precious";
  EXPECT_FALSE(listen_at(directory.file("file")));
  std::string text;
  std::ifstream(directory.file("file")) >> text;
  EXPECT_EQ(text, "precious");
}

TEST(ControlSocket, SaysWhatIsWrong) {
  const TemporaryDirectory directory;
  const std::string long_path = directory.file(std::string(200, 'x'));
  EXPECT_THAT(listen_at(long_path).error().text, HasSubstr("1 to 107 bytes"));
  EXPECT_THAT(connect_to(long_path).error(), HasSubstr("1 to 107 bytes"));
  EXPECT_THAT(listen_at("").error().text, HasSubstr("this one is empty"));
  const std::string nowhere = directory.file("no/socket");
  EXPECT_THAT(listen_at(nowhere).error().text, HasSubstr(nowhere + ": No such file"));
  EXPECT_FALSE(listen_at(nowhere).error().in_use);
  EXPECT_THAT(connect_to(nowhere).error(), HasSubstr(nowhere + ": No such file"));
}

TEST(ControlSocket, IsByDefaultInTheRuntimeDirectory) {
  const char* before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  EXPECT_EQ(default_control_path(), "/run/user/7/tracer.sock");
  setenv("XDG_RUNTIME_DIR", "", 1);
  EXPECT_EQ(default_control_path(), geteuid() == 0 ? "/run/tracer.sock" : "");
  unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(default_control_path(), geteuid() == 0 ? "/run/tracer.sock" : "");
  if (before != nullptr) setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
}

}  // namespace
}  // namespace tracer::cli
