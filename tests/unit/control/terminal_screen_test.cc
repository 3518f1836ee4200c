// On a pseudo terminal, whose other end the test holds.
#include "tools/tracer/control/terminal_screen.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

namespace tracer::cli {
namespace {

class TerminalScreenTest : public testing::Test {
 protected:
  TerminalScreenTest() {
    controller_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(grantpt(controller_), 0);
    EXPECT_EQ(unlockpt(controller_), 0);
    terminal_ = open(ptsname(controller_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(terminal_, 0);
    const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(terminal_, TIOCSWINSZ, &size);
  }
  ~TerminalScreenTest() override {
    close(terminal_);
    close(controller_);
  }

  // What has been written to the terminal.
  std::string shown() const {
    std::array<char, 4096> bytes;
    const ssize_t got = read(controller_, bytes.data(), bytes.size());
    return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  termios settings() const {
    termios settings{};
    EXPECT_EQ(tcgetattr(terminal_, &settings), 0);
    return settings;
  }

  int controller_ = -1;
  int terminal_ = -1;
};

TEST_F(TerminalScreenTest, IsLeftAsItWasFound) {
  const termios before = settings();
  {
    const TerminalScreen screen(terminal_, terminal_);
    EXPECT_EQ(shown(), "\x1b[?1049h\x1b[?25l");
    const termios meanwhile = settings();
    EXPECT_EQ(meanwhile.c_lflag & static_cast<tcflag_t>(ICANON | ECHO), 0U);
    EXPECT_NE(meanwhile.c_lflag & static_cast<tcflag_t>(ISIG), 0U);
    EXPECT_EQ(meanwhile.c_cc[VSUSP], _POSIX_VDISABLE);
    EXPECT_EQ(meanwhile.c_cc[VQUIT], _POSIX_VDISABLE);
  }
  EXPECT_EQ(shown(), "\x1b[?25h\x1b[?1049l");
  const termios after = settings();
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  EXPECT_EQ(std::memcmp(after.c_cc, before.c_cc, sizeof after.c_cc), 0);
}

TEST_F(TerminalScreenTest, DrawsWithoutScrolling) {
  const TerminalScreen screen(terminal_, terminal_);
  EXPECT_EQ(screen.rows(), 24);
  shown();
  EXPECT_TRUE(screen.draw("one\ntwo\n"));
  // The terminal makes "\r\n" of "\n".
  EXPECT_EQ(shown(), "\x1b[Hone\x1b[K\r\r\ntwo\x1b[K\x1b[J");
}

TEST_F(TerminalScreenTest, GivesKeysAsTheyArePressed) {
  const TerminalScreen screen(terminal_, terminal_);
  ASSERT_EQ(write(controller_, "q", 1), 1);
  char key = 0;
  ASSERT_EQ(read(screen.keys(), &key, 1), 1);
  EXPECT_EQ(key, 'q');
}

TEST_F(TerminalScreenTest, HasNoKeysWhereTheInputIsNoTerminal) {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const TerminalScreen screen(nothing, terminal_);
  EXPECT_EQ(screen.keys(), -1);
  EXPECT_FALSE(TerminalScreen(nothing, -1).draw("text\n"));
  close(nothing);
}

}  // namespace
}  // namespace tracer::cli
