#include "tools/tracer/load/load_sink.h"

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "tools/tracer/load/load_report.h"

namespace tracer::cli {
namespace {

constexpr std::int64_t kBetweenNs = 1'000'000'000;

// The view is an ornament: what cannot be drawn is not missed.
void draw(int descriptor, std::string_view text) {
  [[maybe_unused]] const ssize_t written = ::write(descriptor, text.data(), text.size());
}

}  // namespace

LoadSink::LoadSink(const LoadView& view, bool open_loop, const engine::Clock& clock)
    : view_(view),
      shown_(open_loop ? Span::kLatency : Span::kTotal),
      clock_(clock),
      started_ns_(clock.monotonic_ns()),
      shown_ns_(started_ns_) {}

void LoadSink::write(std::span<const engine::Report> reports) {
  const std::int64_t now_ns = clock_.monotonic_ns();
  for (const engine::Report& report : reports) {
    tally_.add(report, now_ns);
    ++recently_ended_;
    const engine::Outcome& outcome = report.outcome;
    if (report.failure != engine::FailureCode::kNone) continue;
    const std::int64_t late_ns = shown_ == Span::kLatency ? outcome.late_ns : 0;
    recent_.add(outcome.times.total_ns + late_ns);
  }
}

void LoadSink::tick() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (view_.descriptor >= 0 && now_ns - shown_ns_ >= kBetweenNs) show(now_ns);
}

void LoadSink::show(std::int64_t now_ns) {
  LoadMoment moment;
  moment.elapsed_ns = now_ns - started_ns_;
  moment.rate = static_cast<double>(std::exchange(recently_ended_, 0)) * 1e9 /
                static_cast<double>(now_ns - shown_ns_);
  moment.warm_up = tally_.made() == 0 && tally_.warm_up() != 0;
  moment.ended = moment.warm_up ? tally_.warm_up() : tally_.made();
  moment.failed = tally_.failed();
  if (snapshot_) {
    const sched::Snapshot snapshot = snapshot_();
    moment.in_flight = snapshot.shards.in_flight;
    moment.waiting = snapshot.shards.due;
  }
  if (recent_.count() != 0) {
    const auto quantiles = recent_.quantiles_ns({0.5, 0.99});
    moment.p50_ns = quantiles[0];
    moment.p99_ns = quantiles[1];
  }
  recent_.clear();
  shown_ns_ = now_ns;
  const std::string line = load_line(moment, view_.presentation);
  draw(view_.descriptor, view_.terminal ? "\r" + line + "\x1b[K" : line + "\n");
  visible_ = view_.terminal;
}

tl::expected<void, std::string> LoadSink::finish() {
  if (std::exchange(visible_, false)) draw(view_.descriptor, "\r\x1b[K");
  return {};
}

}  // namespace tracer::cli
