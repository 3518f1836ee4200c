#include "tools/tracer/sinks/progress_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

constexpr std::int64_t kPatienceNs = 1'000'000'000;
constexpr std::int64_t kRedrawNs = 100'000'000;
constexpr int kBarColumns = 24;

std::string bar(double share, const Presentation& presentation) {
  const int full = static_cast<int>(std::floor(share * kBarColumns));
  std::string text;
  for (int column = 0; column < kBarColumns; ++column) {
    if (presentation.unicode) {
      text += column < full ? "\u2588" : "\u2591";
    } else {
      text += column < full ? '#' : '.';
    }
  }
  return text;
}

// A progress bar is an ornament: what cannot be drawn is not missed.
void draw(int descriptor, std::string_view text) {
  [[maybe_unused]] const ssize_t written = ::write(descriptor, text.data(), text.size());
}

}  // namespace

std::string progress_line(const Progress& progress, const Presentation& presentation) {
  const double share = progress.expected == 0
                           ? 1
                           : std::min(1.0, static_cast<double>(progress.done) /
                                               static_cast<double>(progress.expected));
  const double seconds = static_cast<double>(progress.elapsed_ns) / 1e9;
  const double rate = seconds <= 0 ? 0 : static_cast<double>(progress.done) / seconds;
  std::string facts = count_text(progress.done) + "/" + count_text(progress.expected);
  facts += "  " + std::to_string(static_cast<int>(share * 100)) + "%";
  facts += "  " + count_text(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
  Presentation plain = presentation;
  plain.colour = false;
  const int columns = presentation.columns;
  std::string failures;
  if (progress.not_up != 0) failures = "  " + count_text(progress.not_up) + " not up";
  const int room = columns == 0 ? 1000 : columns - 1;  // the last column would wrap the line
  const int facts_columns = display_width(facts) + display_width(failures);
  const bool has_bar = kBarColumns + 1 + facts_columns <= room;
  if (facts_columns > room) return cut(facts + failures, room, plain);
  return (has_bar ? bar(share, presentation) + " " : "") + facts +
         painted(failures, Paint::kRed, presentation);
}

ProgressSink::ProgressSink(int descriptor, std::uint64_t expected, const Presentation& presentation,
                           const engine::Clock& clock)
    : descriptor_(descriptor),
      presentation_(presentation),
      clock_(clock),
      started_ns_(clock.monotonic_ns()) {
  progress_.expected = expected;
}

void ProgressSink::write(std::span<const engine::Report> reports) {
  progress_.done += reports.size();
  progress_.not_up += static_cast<std::uint64_t>(std::count_if(
      reports.begin(), reports.end(),
      [](const engine::Report& report) { return report.verdict != engine::Verdict::kUp; }));
}

void ProgressSink::tick() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns - started_ns_ < kPatienceNs || now_ns - drawn_ns_ < kRedrawNs) return;
  progress_.elapsed_ns = now_ns - started_ns_;
  draw(descriptor_, "\r" + progress_line(progress_, presentation_) + "\x1b[K");
  drawn_ns_ = now_ns;
  visible_ = true;
}

tl::expected<void, std::string> ProgressSink::finish() {
  erase();
  return {};
}

void ProgressSink::erase() {
  if (!visible_) return;
  draw(descriptor_, "\r\x1b[K");
  visible_ = false;
}

}  // namespace tracer::cli
