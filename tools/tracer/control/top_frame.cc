#include "tools/tracer/control/top_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

constexpr int kLabelColumns = 12;
constexpr int kUsualColumns = 80;
constexpr int kMostBarColumns = 40;
constexpr std::size_t kMostFailures = 10;

std::string rate_text(double rate) {
  if (rate >= 1000) return count_text(static_cast<std::uint64_t>(std::llround(rate)));
  return fmt::format("{:.1f}", rate);
}

std::string share_text(std::optional<double> share, const Presentation& presentation) {
  if (share) return fmt::format("{:.1f}%", 100 * *share);
  return presentation.unicode ? "\u2013" : "-";
}

std::string bytes_text(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", bytes, unit > 0 && bytes < 100 ? 1 : 0, kUnits[unit]);
}

std::string uptime_text(std::int64_t uptime_ns) {
  const std::int64_t seconds = uptime_ns / 1'000'000'000;
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  if (hours >= 24) return fmt::format("{}d {}h", hours / 24, hours % 24);
  if (hours > 0) return fmt::format("{}h {}m", hours, minutes % 60);
  if (minutes > 0) return fmt::format("{}m {}s", minutes, seconds % 60);
  return fmt::format("{}s", seconds);
}

// The text of a share of `columns` in full blocks, and at least something for what is not nothing.
std::string bar(double share, int columns, const Presentation& presentation) {
  const int full = std::clamp(static_cast<int>(std::ceil(share * columns)), 0, columns);
  std::string text;
  for (int i = 0; i < full; ++i) text += presentation.unicode ? "\u2588" : "#";
  return text;
}

// As many of the last values as fit, each as a part of the greatest of them.
std::string sparkline(const std::deque<double>& values, int columns,
                      const Presentation& presentation) {
  static constexpr std::array<std::string_view, 8> kBlocks = {
      "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
  static constexpr std::array<std::string_view, 8> kAscii = {"_", ".", "-", "~",
                                                             "=", "+", "*", "#"};
  if (columns <= 0 || values.empty()) return {};
  const std::size_t count = std::min(values.size(), static_cast<std::size_t>(columns));
  const auto first = values.end() - static_cast<std::ptrdiff_t>(count);
  const double greatest = *std::max_element(first, values.end());
  std::string text;
  for (auto at = first; at != values.end(); ++at) {
    const double share = greatest > 0 ? std::max(0.0, *at) / greatest : 0;
    const auto level = std::min<std::size_t>(7, static_cast<std::size_t>(share * 8));
    text += (presentation.unicode ? kBlocks : kAscii)[level];
  }
  return text;
}

class Frame {
 public:
  explicit Frame(const Presentation& presentation) : presentation_(presentation) {
    if (presentation_.columns <= 0) presentation_.columns = kUsualColumns;
  }

  // Begins a line. What does not fit is cut.
  Frame& line(std::string_view label) {
    if (!label.empty()) label_ = padded_right(label, kLabelColumns);
    end_line();
    open_ = true;
    return label.empty() ? *this : add(label_, Paint::kDim);
  }
  Frame& add(std::string_view text, Paint paint = Paint::kNone) {
    if (room() <= 0 || text.empty()) return *this;
    const std::string fitting = cut(text, room(), presentation_);
    used_ += display_width(fitting);
    text_ += painted(fitting, paint, presentation_);
    return *this;
  }
  Frame& figure(std::string_view name, std::string_view value, Paint paint = Paint::kNone) {
    return add(name).add(" ").add(value, paint).add("  ");
  }
  int room() const { return presentation_.columns - used_; }
  const Presentation& presentation() const { return presentation_; }

  std::string take(int rows) {
    end_line();
    if (rows > 0 && lines_.size() > static_cast<std::size_t>(rows)) {
      lines_.resize(static_cast<std::size_t>(rows));
    }
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

 private:
  void end_line() {
    if (open_) {
      text_.resize(text_.find_last_not_of(' ') + 1);
      lines_.push_back(std::exchange(text_, {}));
    }
    open_ = false;
    used_ = 0;
  }

  Presentation presentation_;
  std::vector<std::string> lines_;
  std::string label_;
  std::string text_;
  int used_ = 0;
  bool open_ = false;
};

Paint when(bool condition, Paint paint) { return condition ? paint : Paint::kNone; }

void add_head(Frame& frame, const TopView& view) {
  const sched::Snapshot& run = view.now.run;
  frame.line("")
      .add("tracer " + printable(view.now.version), Paint::kBold)
      .add(fmt::format("  pid {}  up {}  {} monitors, {} shards", view.now.process.pid,
                       uptime_text(run.uptime_ns), count_text(run.shards.monitors),
                       run.shard_count));
  frame.line("");
  if (!view.trouble.empty()) {
    frame.add("trying again: " + printable(view.trouble), Paint::kRed);
  } else if (view.earlier.run.uptime_ns == 0) {
    frame.add("since the run began", Paint::kDim);
  } else {
    const double seconds = static_cast<double>(run.uptime_ns - view.earlier.run.uptime_ns) / 1e9;
    frame.add(fmt::format("over the last {:.1f} s", seconds), Paint::kDim);
  }
}

void add_checks(Frame& frame, const TopView& view, const RunInterval& interval) {
  static constexpr std::array<Paint, 4> kPaints = {Paint::kGreen, Paint::kYellow, Paint::kRed,
                                                   Paint::kMagenta};
  frame.line("checks/s").add(padded_right(rate_text(interval.checks_per_second), 9), Paint::kBold);
  frame.add(sparkline(view.rates, frame.room() - 1, frame.presentation()), Paint::kCyan);
  frame.line("verdicts/s");
  for (std::size_t i = 0; i < kPaints.size(); ++i) {
    const double rate = interval.verdicts_per_second[i];
    frame.figure(engine::verdict_name(static_cast<engine::Verdict>(i)), rate_text(rate),
                 when(rate > 0, kPaints[i]));
  }
  const sched::Snapshot& run = view.now.run;
  frame.line("in flight")
      .add(fmt::format("{} of {}", count_text(run.shards.in_flight), count_text(run.slots)));
  frame.line("queues")
      .figure("due", count_text(run.shards.due), when(run.shards.due > 0, Paint::kYellow))
      .figure("finished", count_text(run.shards.finished),
              when(run.shards.finished > 0, Paint::kYellow))
      .figure("to judge", count_text(run.outcomes))
      .figure("retries", count_text(run.evaluated.retries_waiting));
}

void add_lateness(Frame& frame, const RunInterval& interval) {
  struct Band {
    std::string_view name;
    std::int64_t up_to_ns;
  };
  static constexpr std::array<Band, 6> kBands = {{{"100 us", 100'000},
                                                  {"1 ms", 1'000'000},
                                                  {"10 ms", 10'000'000},
                                                  {"100 ms", 100'000'000},
                                                  {"1 s", 1'000'000'000},
                                                  {"more", INT64_MAX}}};
  const sched::Histogram::Counts& counts = interval.lateness;
  std::array<std::uint64_t, kBands.size()> in_band{};
  std::uint64_t all = 0;
  std::size_t band = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    while (sched::Histogram::last_of(i) > kBands[band].up_to_ns) ++band;
    in_band[band] += counts[i];
    all += counts[i];
  }
  const auto late = [&](double share) {
    const std::int64_t duration_ns =
        all == 0 ? engine::kNotMeasured : sched::Histogram::quantile_ns(counts, share);
    return duration_text(duration_ns, frame.presentation());
  };
  frame.line("late")
      .figure("p50", late(0.5))
      .figure("p99", late(0.99))
      .figure("p99.9", late(0.999))
      .figure("skipped", count_text(interval.skipped), when(interval.skipped > 0, Paint::kRed));
  for (std::size_t i = 0; i < kBands.size(); ++i) {
    const double share = all == 0 ? 0 : static_cast<double>(in_band[i]) / static_cast<double>(all);
    const bool last = i + 1 == kBands.size();
    frame.line(fmt::format("  {}{}", last ? "" : "to ", kBands[i].name))
        .add(padded_left(fmt::format("{:.1f}%", 100 * share), 6) + " ");
    const int columns = std::min(frame.room(), kMostBarColumns);
    frame.add(bar(share, columns, frame.presentation()), Paint::kCyan);
  }
}

void add_caches(Frame& frame, const sched::ShardStatistics& shards, const RunInterval& interval) {
  const engine::NameStatistics& names = shards.names;
  frame.line("dns")
      .figure("hits", share_text(interval.name_hit_share, frame.presentation()))
      .figure("names", count_text(names.entries))
      .figure("waiting", count_text(names.waiting))
      .figure("stale", count_text(names.stale))
      .figure("failed", count_text(names.failures), when(names.failures > 0, Paint::kYellow));
  frame.line("trust")
      .figure("hits", share_text(interval.chain_hit_share, frame.presentation()))
      .figure("chains judged", count_text(shards.chain_misses));
}

void add_process(Frame& frame, const RunSample& now, const RunInterval& interval) {
  frame.line("CPU").add(share_text(interval.cpu_share, frame.presentation()));
  if (interval.cpu_us_per_check) {
    const auto cost_ns = static_cast<std::int64_t>(*interval.cpu_us_per_check * 1e3);
    frame.add(fmt::format(", {} a check", duration_text(cost_ns, frame.presentation())));
  }
  const auto resident = static_cast<double>(now.process.resident_bytes);
  frame.line("memory").add(bytes_text(resident));
  if (const std::uint64_t monitors = now.run.shards.monitors; monitors > 0) {
    frame.add(fmt::format(", {} a monitor", bytes_text(resident / static_cast<double>(monitors))));
  }
  frame.add(fmt::format("; {} descriptors", now.process.open_descriptors));
}

void add_failures(Frame& frame, const TopView& view, const RunInterval& interval) {
  const std::vector<engine::FailureCode> codes = frequent_failures(view.earlier, view.now);
  for (std::size_t i = 0; i < std::min(codes.size(), kMostFailures); ++i) {
    const auto code = static_cast<std::size_t>(codes[i]);
    frame.line(i == 0 ? "failures/s" : " ")
        .add(padded_right(rate_text(interval.failures_per_second[code]), 9))
        .add(engine::failure_info(codes[i]).name, Paint::kRed)
        .add(fmt::format(", {} in all", count_text(view.now.run.evaluated.by_failure[code])));
  }
  if (codes.size() > kMostFailures) {
    frame.line(" ").add(fmt::format("and {} codes more", codes.size() - kMostFailures));
  }
}

}  // namespace

std::string top_frame(const TopView& view, const Presentation& presentation, int rows) {
  const RunInterval interval = interval_between(view.earlier, view.now);
  Frame frame(presentation);
  add_head(frame, view);
  add_checks(frame, view, interval);
  add_lateness(frame, interval);
  add_caches(frame, view.now.run.shards, interval);
  add_process(frame, view.now, interval);
  add_failures(frame, view, interval);
  return frame.take(rows);
}

}  // namespace tracer::cli
