#include "tools/tracer/load/load_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <functional>
#include <string>
#include <system_error>

#include "tools/tracer/import/notation.h"

namespace tracer::cli {
namespace {

// A duration within an hour, kept as nanoseconds.
void add_duration(CLI::App& command, const std::string& name, double least_ms,
                  const std::function<void(std::int64_t)>& take, const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [name, least_ms, take](const std::string& text) {
            const auto ms = import::parse_duration(text, import::kSecond);
            constexpr double kMostMs = static_cast<double>(sched::LoadPlan::kMaxNs) / 1e6;
            if (!ms || *ms < least_ms || *ms > kMostMs) {
              throw CLI::ValidationError(name, text + " is not a duration such as 30s, up to 1h");
            }
            take(static_cast<std::int64_t>(*ms * 1e6));
          },
          help)
      ->type_name("D");
}

}  // namespace

std::optional<std::uint32_t> parse_rate(std::string_view text) {
  constexpr std::string_view kPerSecond = "/s";
  if (text.ends_with(kPerSecond)) text.remove_suffix(kPerSecond.size());
  std::uint32_t rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (rate < 1 || rate > sched::LoadPlan::kMaxRate) return std::nullopt;
  return rate;
}

void add_load_options(CLI::App& command, LoadOptions& options) {
  command
      .add_option_function<std::string>(
          "--rate",
          [&options](const std::string& text) {
            const auto rate = parse_rate(text);
            if (!rate) {
              throw CLI::ValidationError("--rate", text + " is not a rate such as 500/s, up to " +
                                                       std::to_string(sched::LoadPlan::kMaxRate) +
                                                       "/s");
            }
            options.rate = *rate;
          },
          "Start so many a second, whatever becomes of them (default: one when another ends)")
      ->type_name("N/s");
  command
      .add_option("--concurrency", options.in_flight, "Connections under way at a time, at most")
      ->check(CLI::Range(1U, LoadOptions::kMostInFlight))
      ->capture_default_str()
      ->type_name("K");
  command.add_option("--count", options.count, "End after so many")
      ->check(CLI::Range(std::uint64_t{1}, LoadOptions::kMostConnections))
      ->type_name("N");
  add_duration(
      command, "--duration", 1, [&options](std::int64_t ns) { options.duration_ns = ns; },
      "End after this long (default: 10s; with --count, 1h)");
  add_duration(
      command, "--warm-up", 0, [&options](std::int64_t ns) { options.warm_up_ns = ns; },
      "Before that, this long, and do not measure");
}

}  // namespace tracer::cli
