#include "tools/tracer/control/terminal_screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>

namespace tracer::cli {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // another screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

TerminalScreen::TerminalScreen(int input, int output) : input_(input), output_(output) {
  if (tcgetattr(input_, &before_) == 0) {
    has_keys_ = true;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 0;
    keys.c_cc[VTIME] = 0;
    keys.c_cc[VQUIT] = _POSIX_VDISABLE;
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(input_, TCSANOW, &keys);
  }
  write_all(output_, kEnter);
}

TerminalScreen::~TerminalScreen() {
  write_all(output_, kLeave);
  // What was typed and not read is not for the shell.
  if (has_keys_) tcsetattr(input_, TCSAFLUSH, &before_);
}

int TerminalScreen::rows() const {
  winsize size{};
  return ioctl(output_, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

bool TerminalScreen::draw(std::string_view lines) const {
  std::string text = "\x1b[H";
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    text += lines.substr(0, end);
    text += "\x1b[K";
    lines.remove_prefix(end + 1);
    if (!lines.empty()) text += "\r\n";  // after the last line it might scroll
  }
  return write_all(output_, text + "\x1b[J");
}

}  // namespace tracer::cli
