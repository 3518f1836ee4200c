#include "tools/tracer/control/messages.h"

#include <optional>

#include "tools/tracer/control/sample_fields.h"
#include "tools/tracer/sinks/json_text.h"

namespace tracer::cli {
namespace {

void append_numbers(JsonObject& line, std::string& out, const RunSample& sample) {
  std::string_view open;
  std::optional<JsonObject> inner;
  for_each_number(sample, [&](std::string_view group, std::string_view name, const auto& number) {
    if (group != open) {
      if (inner) inner->close();
      line.key(group);
      inner.emplace(out);
      open = group;
    }
    (inner ? *inner : line).integer(name, static_cast<std::int64_t>(number));
  });
  inner->close();
}

// Percentiles since the start, and the buckets that are not empty, each with its greatest value.
void append_lateness(std::string& out, const sched::Histogram::Counts& counts) {
  JsonObject lateness(out);
  lateness.integer("p50", sched::Histogram::quantile_ns(counts, 0.5));
  lateness.integer("p99", sched::Histogram::quantile_ns(counts, 0.99));
  lateness.integer("p99_9", sched::Histogram::quantile_ns(counts, 0.999));
  lateness.key("counts") += '[';
  bool first = true;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    out += first ? "[" : ",[";
    first = false;
    append_json_integer(out, sched::Histogram::last_of(i));
    out += ',';
    append_json_integer(out, static_cast<std::int64_t>(counts[i]));
    out += ']';
  }
  out += ']';
  lateness.close();
}

void append_failures(std::string& out, const sched::SweepSummary& summary) {
  JsonObject failures(out);
  for (std::size_t i = 0; i < summary.by_failure.size(); ++i) {
    if (summary.by_failure[i] == 0) continue;
    failures.integer(engine::failure_info(static_cast<engine::FailureCode>(i)).name,
                     static_cast<std::int64_t>(summary.by_failure[i]));
  }
  failures.close();
}

}  // namespace

std::string request_line(Request request) {
  return request == Request::kSnapshot ? R"({"request":"snapshot"})" : R"({"request":"reload"})";
}

std::string snapshot_line(const RunSample& sample) {
  std::string out;
  JsonObject line(out);
  line.text("version", sample.version);
  append_numbers(line, out, sample);
  line.key("lateness_ns");
  append_lateness(out, sample.run.lateness);
  line.key("failures");
  append_failures(out, sample.run.evaluated);
  line.close();
  return out;
}

std::string reload_line(const ReloadResult& result) {
  std::string out;
  JsonObject line(out);
  line.boolean("ok", result.has_value());
  if (result) {
    line.integer("added", static_cast<std::int64_t>(result->added));
    line.integer("removed", static_cast<std::int64_t>(result->removed));
    line.integer("changed", static_cast<std::int64_t>(result->changed));
    line.integer("unchanged", static_cast<std::int64_t>(result->unchanged));
  } else {
    line.key("errors") += '[';
    for (const std::string& error : result.error()) {
      if (&error != &result.error().front()) out += ',';
      append_json_string(out, error);
    }
    out += ']';
  }
  line.close();
  return out;
}

std::string error_line(std::string_view error) {
  std::string out;
  JsonObject line(out);
  line.text("error", error);
  line.close();
  return out;
}

}  // namespace tracer::cli
