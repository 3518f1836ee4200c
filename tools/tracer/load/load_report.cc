#include "tools/tracer/load/load_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/tracer/sinks/json_text.h"
#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

constexpr int kNameColumns = 10;
constexpr int kNumberColumns = 10;

std::string rate_text(double rate) {
  if (rate < 100) return fmt::format("{:.1f}/s", rate);
  return count_text(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
}

std::string cell(std::string_view text) { return padded_left(text, kNumberColumns); }

std::string target_text(const LoadFacts& facts) {
  const bool v6 = facts.host.find(':') != std::string::npos;
  const std::string host = printable(facts.host);
  return (v6 ? "[" + host + "]:" : host + ":") + std::to_string(facts.port);
}

std::string kind_text(const LoadFacts& facts) {
  if (!facts.tls) return "connections";
  const std::string after =
      facts.starttls.empty() ? "" : " after STARTTLS (" + facts.starttls + ")";
  return "TLS handshakes" + after;
}

std::string loop_text(const LoadFacts& facts) {
  const std::string most = count_text(facts.in_flight);
  if (!facts.options.open_loop()) return "closed loop, " + most + " in flight";
  return fmt::format("open loop, {}/s, at most {} in flight", count_text(facts.options.rate), most);
}

std::string headline(const LoadTally& tally, const LoadFacts& facts) {
  std::string text =
      fmt::format("{}: {}, {}, {} {}\n", target_text(facts), kind_text(facts), loop_text(facts),
                  facts.threads, facts.threads == 1 ? "thread" : "threads");
  text += fmt::format("{} made", count_text(tally.made()));
  if (facts.interrupted) text += " before the interrupt";
  text += fmt::format(": {} succeeded, {} failed", count_text(tally.succeeded()),
                      count_text(tally.failed()));
  if (tally.cut() != 0) text += fmt::format(", {} cut off", count_text(tally.cut()));
  if (tally.rate() > 0) text += "; " + rate_text(tally.rate());
  if (const std::uint64_t all = tally.made() + tally.warm_up(); all != 0) {
    text += fmt::format("; {:.1f} us of tracer's CPU each",
                        static_cast<double>(facts.cpu_ns) / 1e3 / static_cast<double>(all));
  }
  if (tally.warm_up() != 0) {
    text += fmt::format("\n{} before that, to warm up", count_text(tally.warm_up()));
  }
  return text + "\n";
}

// In a closed loop nothing is scheduled, and the last row would say what the one above it says.
std::vector<Span> spans_of(const LoadFacts& facts) {
  std::vector<Span> spans{Span::kDns, Span::kConnect,  Span::kStarttls,
                          Span::kTls, Span::kResponse, Span::kTotal};
  if (facts.options.open_loop()) spans.push_back(Span::kLatency);
  return spans;
}

std::string durations_text(const LoadTally& tally, const LoadFacts& facts,
                           const Presentation& presentation) {
  std::string text = padded_right("", kNameColumns);
  for (const std::string_view name : {"count", "p50", "p90", "p99", "p99.9", "max"}) {
    text += cell(name);
  }
  bool any = false;
  for (const Span span : spans_of(facts)) {
    const Durations& durations = tally.of(span);
    if (durations.count() == 0) continue;
    any = true;
    text += "\n" + padded_right(span_name(span), kNameColumns);
    text += cell(count_text(durations.count()));
    for (const std::int64_t ns : durations.quantiles_ns({0.5, 0.9, 0.99, 0.999})) {
      text += cell(duration_text(ns, presentation));
    }
    text += cell(duration_text(durations.max_ns(), presentation));
  }
  return any ? "\n" + text + "\n" : "";
}

std::string failures_text(const LoadTally& tally) {
  std::string text;
  for (const LoadFailure& failure : tally.failures()) {
    text += fmt::format("{}  {}", padded_left(count_text(failure.count), 9),
                        engine::failure_info(failure.code).name);
    std::string example = failure.phase;
    if (failure.address.family != 0) {
      example += (example.empty() ? "" : ", ") + failure.address.to_string();
    }
    if (!failure.detail.empty()) {
      example += (example.empty() ? "" : ": ") + printable(failure.detail);
    }
    if (!example.empty()) text += "  such as " + example;
    text += "\n";
  }
  return text.empty() ? "" : "\n" + text;
}

std::string why_missed(const LoadFacts& facts) {
  const auto longest = std::ranges::max_element(facts.held_ns);
  const auto restraint = static_cast<sched::Restraint>(longest - facts.held_ns.begin());
  if (*longest != 0 && restraint == sched::Restraint::kSlots) {
    return "as many as may be were in flight (--concurrency)";
  }
  return "this machine does not keep up";
}

std::vector<std::string> notes(const LoadTally& tally, const LoadFacts& facts) {
  std::vector<std::string> notes;
  if (facts.options.open_loop()) {
    notes.emplace_back(
        "latency is from the scheduled start, so what waits because the target is slow counts; "
        "total is from the real start");
  } else {
    notes.emplace_back(
        "a closed loop: each waits for another to end, so a slow target is asked less, and these "
        "percentiles are better than what clients that do not wait would see (--rate)");
  }
  if (facts.missed != 0) {
    notes.push_back(
        fmt::format("{} more were due and could not be started in time, because {}: the rate was "
                    "not held, and the percentiles are better than the truth",
                    count_text(facts.missed), why_missed(facts)));
  }
  if (tally.without_port() != 0 && !facts.bound_source) {
    notes.push_back(fmt::format(
        "{} found no free local port: too many connections from this machine to one port. Each one "
        "that was closed holds its port for a minute (TIME_WAIT; a second on loopback) unless it "
        "ends by --reset, and net.ipv4.ip_local_port_range says how many there are",
        count_text(tally.without_port())));
  }
  if (facts.tls) notes.emplace_back("every handshake is a full one: no session is resumed");
  return notes;
}

void append_fixed(std::string& out, double value) { out += fmt::format("{:.3f}", value); }

void append_durations(std::string& out, const Durations& durations) {
  if (durations.count() == 0) {
    out += "null";
    return;
  }
  JsonObject object(out);
  object.integer("count", static_cast<std::int64_t>(durations.count()));
  const auto quantiles = durations.quantiles_ns({0.5, 0.9, 0.99, 0.999});
  constexpr std::array<std::string_view, 4> kNames{"p50", "p90", "p99", "p99_9"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    append_json_milliseconds(object.key(kNames[i]), quantiles[i]);
  }
  append_json_milliseconds(object.key("max"), durations.max_ns());
  object.close();
}

void append_failures(std::string& out, const LoadTally& tally) {
  out += '[';
  bool first = true;
  for (const LoadFailure& failure : tally.failures()) {
    if (!std::exchange(first, false)) out += ',';
    const engine::FailureInfo& info = engine::failure_info(failure.code);
    JsonObject object(out);
    object.text("code", info.name);
    object.integer("count", static_cast<std::int64_t>(failure.count));
    object.text_or_null("phase", failure.phase);
    object.text_or_null("address", failure.address.to_string());
    object.text_or_null("detail", failure.detail);
    object.text("hint", info.remedy);
    object.close();
  }
  out += ']';
}

void append_load(std::string& out, const LoadFacts& facts) {
  const LoadOptions& options = facts.options;
  JsonObject load(out);
  load.text("loop", options.open_loop() ? "open" : "closed");
  const auto number_or_null = [&load](std::string_view name, std::uint64_t number) {
    number == 0 ? load.null(name) : load.integer(name, static_cast<std::int64_t>(number));
  };
  number_or_null("rate", options.rate);
  load.integer("concurrency", facts.in_flight);
  number_or_null("count", options.count.value_or(0));
  append_json_milliseconds(load.key("duration_ms"), options.time_ns());
  append_json_milliseconds(load.key("warm_up_ms"), options.warm_up_ns);
  load.integer("threads", facts.threads);
  load.boolean("reset", facts.resets);
  load.boolean("resumption", false);
  load.close();
}

}  // namespace

std::string load_line(const LoadMoment& moment, const Presentation& presentation) {
  std::string text = duration_text(moment.elapsed_ns, presentation);
  text += "  " + rate_text(moment.rate);
  text += "  " + count_text(moment.ended) + (moment.warm_up ? " to warm up" : " made");
  if (moment.failed != 0) text += ", " + count_text(moment.failed) + " failed";
  text += "  " + count_text(moment.in_flight) + " in flight";
  if (moment.waiting != 0) text += ", " + count_text(moment.waiting) + " wait";
  if (moment.p50_ns) {
    text += "  p50 " + duration_text(*moment.p50_ns, presentation);
    text += "  p99 " + duration_text(moment.p99_ns, presentation);
  }
  // The last column would wrap the line.
  return presentation.columns > 1 ? cut(text, presentation.columns - 1, presentation) : text;
}

std::string load_text(const LoadTally& tally, const LoadFacts& facts,
                      const Presentation& presentation) {
  std::string text = headline(tally, facts);
  text += durations_text(tally, facts, presentation);
  text += failures_text(tally);
  text += "\n";
  for (const std::string& note : notes(tally, facts)) {
    text += "- " + wrapped(note, presentation.columns, 2, 2) + "\n";
  }
  return text;
}

std::string load_json(const LoadTally& tally, const LoadFacts& facts) {
  std::string out;
  JsonObject object(out);
  JsonObject target(object.key("target"));
  target.text("host", facts.host);
  target.integer("port", facts.port);
  target.boolean("tls", facts.tls);
  target.text_or_null("starttls", facts.starttls);
  target.close();
  append_load(object.key("load"), facts);
  object.time("started_at", facts.started_unix_ms);
  object.boolean("interrupted", facts.interrupted);
  JsonObject connections(object.key("connections"));
  const auto count = [&connections](std::string_view name, std::uint64_t number) {
    connections.integer(name, static_cast<std::int64_t>(number));
  };
  count("made", tally.made());
  count("succeeded", tally.succeeded());
  count("failed", tally.failed());
  count("cut", tally.cut());
  count("missed", facts.missed);
  count("without_port", tally.without_port());
  count("warm_up", tally.warm_up());
  connections.close();
  append_fixed(object.key("rate"), tally.rate());
  JsonObject durations(object.key("durations_ms"));
  const Durations nothing;
  for (std::size_t i = 0; i < kSpanCount; ++i) {
    const auto span = static_cast<Span>(i);
    const bool told = span != Span::kLatency || facts.options.open_loop();
    append_durations(durations.key(span_name(span)), told ? tally.of(span) : nothing);
  }
  durations.close();
  append_failures(object.key("failures"), tally);
  const std::uint64_t all = tally.made() + tally.warm_up();
  append_fixed(object.key("cpu_us_per_connection"),
               all == 0 ? 0 : static_cast<double>(facts.cpu_ns) / 1e3 / static_cast<double>(all));
  object.close();
  return out + "\n";
}

}  // namespace tracer::cli
