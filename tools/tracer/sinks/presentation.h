// How text for people is to look on one output: chosen once from the terminal and the environment,
// then handed to the functions that write it. A value; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tracer::cli {

struct Presentation {
  bool colour = false;
  bool unicode = true;  // false: ASCII marks and lines
  int columns = 0;      // 0: no limit (not a terminal)
  bool all = false;     // every result of a large sweep, not only those that are not up
  bool quiet = false;   // nothing at all: the exit status says it
};

// What the choice depends on. Texts are environment variables, empty where unset.
struct TerminalFacts {
  bool terminal = false;
  int columns = 0;
  std::string no_color;
  std::string term;
  std::string locale;  // the first of LC_ALL, LC_CTYPE, LANG that is set
};

TerminalFacts read_terminal(int descriptor);
// Colour only on a terminal, never with NO_COLOR (any value but an empty one) or TERM=dumb.
Presentation choose_presentation(const TerminalFacts& facts);

enum class Paint { kNone, kBold, kDim, kGreen, kYellow, kRed, kMagenta, kCyan };
// The text as it is where there is no colour.
std::string painted(std::string_view text, Paint paint, const Presentation& presentation);

}  // namespace tracer::cli
