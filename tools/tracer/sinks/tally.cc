#include "tools/tracer/sinks/tally.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <vector>

#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {

using engine::Verdict;

void Tally::add(const engine::Report& report) {
  ++verdicts_[static_cast<std::size_t>(report.verdict)];
  if (report.verdict != Verdict::kUp) ++failures_[static_cast<std::size_t>(report.failure)];
}

std::uint64_t Tally::total() const {
  return std::accumulate(verdicts_.begin(), verdicts_.end(), std::uint64_t{0});
}

std::string Tally::summary(std::uint64_t expected, std::int64_t duration_ns,
                           const Presentation& presentation) const {
  std::string text = count_text(total());
  if (total() != expected) text += " of " + count_text(expected);
  text += " checked in " + duration_text(duration_ns, presentation) + ": ";
  std::string_view separator;
  for (const Verdict verdict :
       {Verdict::kUp, Verdict::kDegraded, Verdict::kDown, Verdict::kUnknown}) {
    const std::uint64_t number = count(verdict);
    if (number == 0 && verdict != Verdict::kUp) continue;
    const std::string part = count_text(number) + " " + std::string(verdict_name(verdict));
    text += separator;
    text += painted(part, number == 0 ? Paint::kNone : verdict_paint(verdict), presentation);
    separator = ", ";
  }
  text += '\n';

  std::vector<std::size_t> codes;
  for (std::size_t code = 1; code < failures_.size(); ++code) {
    if (failures_[code] != 0) codes.push_back(code);
  }
  std::stable_sort(codes.begin(), codes.end(),
                   [&](std::size_t a, std::size_t b) { return failures_[a] > failures_[b]; });
  for (const std::size_t code : codes) {
    text += padded_left(count_text(failures_[code]), 9) + "  ";
    text += failure_info(static_cast<engine::FailureCode>(code)).name;
    text += '\n';
  }
  return text;
}

Paint verdict_paint(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUp:
      return Paint::kGreen;
    case Verdict::kDegraded:
      return Paint::kYellow;
    case Verdict::kDown:
      return Paint::kRed;
    case Verdict::kUnknown:
      return Paint::kMagenta;
  }
  return Paint::kNone;
}

Paint days_paint(std::int64_t days_remaining) {
  if (days_remaining <= 7) return Paint::kRed;
  return days_remaining <= 30 ? Paint::kYellow : Paint::kGreen;
}

std::string verdict_mark(Verdict verdict, const Presentation& presentation) {
  switch (verdict) {
    case Verdict::kUp:
      return presentation.unicode ? "\u2714" : "+";
    case Verdict::kDegraded:
      return presentation.unicode ? "\u25b2" : "!";
    case Verdict::kDown:
      return presentation.unicode ? "\u2718" : "x";
    case Verdict::kUnknown:
      return "?";
  }
  return "?";
}

}  // namespace tracer::cli
