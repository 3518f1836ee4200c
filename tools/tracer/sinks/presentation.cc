#include "tools/tracer/sinks/presentation.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace tracer::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// A locale that is not set says nothing: a container has none, and its terminal speaks UTF-8.
bool speaks_utf8(std::string locale) {
  if (locale.empty()) return true;
  std::transform(locale.begin(), locale.end(), locale.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return locale.find("utf-8") != locale.npos || locale.find("utf8") != locale.npos;
}

std::string_view escape_sequence(Paint paint) {
  switch (paint) {
    case Paint::kNone:
      return "";
    case Paint::kBold:
      return "\x1b[1m";
    case Paint::kDim:
      return "\x1b[2m";
    case Paint::kGreen:
      return "\x1b[32m";
    case Paint::kYellow:
      return "\x1b[33m";
    case Paint::kRed:
      return "\x1b[31m";
    case Paint::kMagenta:
      return "\x1b[35m";
    case Paint::kCyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

TerminalFacts read_terminal(int descriptor) {
  TerminalFacts facts;
  facts.terminal = ::isatty(descriptor) == 1;
  winsize size{};
  if (facts.terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) facts.columns = size.ws_col;
  facts.no_color = environment("NO_COLOR");
  facts.term = environment("TERM");
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (facts.locale.empty()) facts.locale = environment(name);
  }
  return facts;
}

Presentation choose_presentation(const TerminalFacts& facts) {
  Presentation presentation;
  presentation.colour = facts.terminal && facts.no_color.empty() && facts.term != "dumb";
  presentation.unicode = speaks_utf8(facts.locale);
  // A terminal that does not tell its size, or an absurd one, gets the usual 80.
  if (facts.terminal) presentation.columns = facts.columns >= 20 ? facts.columns : 80;
  return presentation;
}

std::string painted(std::string_view text, Paint paint, const Presentation& presentation) {
  if (!presentation.colour || paint == Paint::kNone || text.empty()) return std::string(text);
  std::string result(escape_sequence(paint));
  result += text;
  result += "\x1b[0m";
  return result;
}

}  // namespace tracer::cli
