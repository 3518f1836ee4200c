// The whole of a terminal, for a view that is drawn again and again: a screen of its own, no
// cursor, keys as they are pressed. Restores all of it when destroyed. Main thread.
//
// Keys that would end or stop the program behind its back (quit, suspend) are off meanwhile; the
// interrupt key stays a signal.
#pragma once

#include <termios.h>

#include <string_view>

namespace tracer::cli {

class TerminalScreen {
 public:
  // `output` is a terminal; keys are read from `input` where that is one, too.
  TerminalScreen(int input, int output);
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  int keys() const { return has_keys_ ? input_ : -1; }  // the descriptor to poll
  int rows() const;                                     // 0: not known
  // Shows lines, each ended by '\n' and no wider than the terminal. False when it is gone.
  bool draw(std::string_view lines) const;

 private:
  const int input_;
  const int output_;
  bool has_keys_ = false;
  termios before_{};  // of the input
};

}  // namespace tracer::cli
