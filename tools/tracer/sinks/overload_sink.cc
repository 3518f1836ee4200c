#include "tools/tracer/sinks/overload_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tracer::cli {
namespace {

using sched::Restraint;
using sched::Restraints;

constexpr std::int64_t kBetweenWarningsNs = 60'000'000'000;
constexpr std::int64_t kWindowNs = 1'000'000'000;  // what a first warning looks back on
constexpr std::uint64_t kOccasional = 20;          // held for a part less than this is no cause

std::string_view advice(Restraint restraint) {
  switch (restraint) {
    case Restraint::kSlots:
      return "as many checks as --in-flight allows are under way; raise it, or shorten timeouts";
    case Restraint::kRate:
      return "--rate allows no more; raise it, check fewer monitors, or lengthen their intervals";
    case Restraint::kReader:
      return "results are not taken fast enough; look at what reads or stores them";
    case Restraint::kWork:
      return "the machine does not keep up; check fewer monitors, or lengthen their intervals";
  }
  return "";
}

// The cause, and what helps. Where nothing held checks back for long, it was their own length.
std::string_view advice(const Restraints& now, const Restraints& since, std::int64_t window_ns) {
  const std::uint64_t skipped = now.skipped - since.skipped;
  if ((now.skipped_at_addresses - since.skipped_at_addresses) * 2 > skipped) {
    return "--per-address-in-flight or --per-address-rate holds them back; raise it, or lengthen "
           "intervals";
  }
  std::array<std::uint64_t, sched::kRestraintCount> held_ns = now.held_ns;
  for (std::size_t i = 0; i < held_ns.size(); ++i) held_ns[i] -= since.held_ns[i];
  const auto longest = std::ranges::max_element(held_ns);
  if (*longest * kOccasional < static_cast<std::uint64_t>(window_ns)) {
    return "checks take longer than their interval; shorten timeouts, or lengthen intervals";
  }
  return advice(static_cast<Restraint>(longest - held_ns.begin()));
}

}  // namespace

void OverloadSink::write(std::span<const engine::Report> reports) {
  for (const engine::Report& report : reports) {
    if (report.outcome.skipped == 0) continue;
    const std::uint32_t monitor = report.outcome.monitor;
    if (monitor >= affected_.size()) affected_.resize(monitor + 1);
    if (!affected_[monitor]) ++affected_count_;
    affected_[monitor] = true;
  }
}

void OverloadSink::tick() {
  if (fleet_ == nullptr) return;
  if (const auto line = look(fleet_->restraints())) fmt::print(stderr, "{}\n", *line);
}

std::optional<std::string> OverloadSink::look(const sched::Restraints& now) {
  const std::int64_t now_ns = clock_.monotonic_ns();
  const std::uint64_t skipped = now.skipped - since_.skipped;
  if (skipped == 0) {
    if (now_ns - since_ns_ < kWindowNs) return std::nullopt;
    since_ = now;
    since_ns_ = now_ns;
    return std::nullopt;
  }
  if (now_ns < next_warning_ns_) return std::nullopt;
  // A monitor tells with its next report what it skipped: the first warning comes before most do.
  const std::string of = affected_count_ == 0   ? std::string()
                         : affected_count_ == 1 ? " of one monitor"
                                                : fmt::format(" of {} monitors", affected_count_);
  const std::string line =
      fmt::format("tracer: {} check{} skipped{}: {}", skipped, skipped == 1 ? " was" : "s were", of,
                  advice(now, since_, now_ns - since_ns_));
  affected_.assign(affected_.size(), false);
  affected_count_ = 0;
  since_ = now;
  since_ns_ = now_ns;
  next_warning_ns_ = now_ns + kBetweenWarningsNs;
  return line;
}

}  // namespace tracer::cli
