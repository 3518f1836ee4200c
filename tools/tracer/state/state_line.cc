#include "tools/tracer/state/state_line.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>

#include "tools/tracer/build_info.h"
#include "tools/tracer/sinks/json_text.h"
#include "tools/tracer/sinks/timestamp.h"
#include "tools/tracer/state/line_reader.h"
#include "tools/tracer/state/state_limits.h"

namespace tracer::cli {
namespace {

namespace dom = simdjson::dom;
using engine::History;
using engine::Verdict;

static_assert(LineReader::kPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view kFormatKey = "tracer_state";

std::optional<Verdict> read_verdict(const dom::element& value) {
  std::string_view name;
  if (value.get(name) != simdjson::SUCCESS) return std::nullopt;
  for (const Verdict verdict :
       {Verdict::kUp, Verdict::kDegraded, Verdict::kDown, Verdict::kUnknown}) {
    if (name == engine::verdict_name(verdict)) return verdict;
  }
  return std::nullopt;
}

std::optional<std::int64_t> read_time(const dom::element& value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return parse_timestamp(text);
}

bool read_count(const dom::element& value, std::uint32_t& count) {
  std::uint64_t number = 0;
  if (value.get(number) != simdjson::SUCCESS || number > UINT32_MAX) return false;
  count = static_cast<std::uint32_t>(number);
  return true;
}

StateLine read_header(const dom::object& object) {
  StateHeader header;
  if (object[kFormatKey].get(header.format) != simdjson::SUCCESS) {
    return LineFault{"tracer_state is not a number"};
  }
  if (header.format != limits::kStateFormat) return header;
  dom::element written_at;
  if (object["written_at"].get(written_at) != simdjson::SUCCESS || !read_time(written_at)) {
    return LineFault{"written_at is not a time"};
  }
  header.written_unix_ms = *read_time(written_at);
  if (object["monitors"].get(header.monitors) != simdjson::SUCCESS) {
    return LineFault{"monitors is not a number"};
  }
  return header;
}

// The counts of a line, and what each of them is in a history.
struct Count {
  std::string_view key;
  std::uint32_t (*get)(const History&);
};
constexpr std::array kCounts{
    Count{"checks", [](const History& h) { return h.checks; }},
    Count{"skipped", [](const History& h) { return h.skipped; }},
    Count{"same_in_a_row", [](const History& h) { return h.same_in_a_row; }},
    Count{"failed_in_a_row", [](const History& h) { return h.failed_in_a_row(); }},
    Count{"passed_in_a_row", [](const History& h) { return h.passed_in_a_row(); }},
    Count{"flap_bits", [](const History& h) { return h.flap_bits; }},
};
constexpr std::size_t kKeys = kCounts.size() + 3;  // and id, verdict, changed_at

// All keys, each once, and values that go together.
StateLine read_history(const dom::object& object) {
  MonitorHistory monitor;
  History& history = monitor.history;
  if (object.size() != kKeys) return LineFault{"a key is missing, or is one too many"};
  if (object["id"].get(monitor.id) != simdjson::SUCCESS) return LineFault{"id is not a text"};
  std::array<std::uint32_t, kCounts.size()> counts{};
  for (std::size_t i = 0; i < kCounts.size(); ++i) {
    dom::element value;
    if (object[kCounts[i].key].get(value) != simdjson::SUCCESS || !read_count(value, counts[i])) {
      return LineFault{"a count is missing, or is none"};
    }
  }
  const auto [checks, skipped, same, failed, passed, flap_bits] = counts;
  if (failed != 0 && passed != 0) return LineFault{"the counts contradict each other"};
  history.checks = checks;
  history.skipped = skipped;
  history.same_in_a_row = same;
  history.streak = failed + passed;
  history.failing = failed != 0;
  history.flap_bits = flap_bits;

  dom::element verdict;
  dom::element changed_at;
  if (object["verdict"].get(verdict) != simdjson::SUCCESS ||
      object["changed_at"].get(changed_at) != simdjson::SUCCESS) {
    return LineFault{"a key is missing"};
  }
  if (!verdict.is_null() || history.known()) {
    const auto known = read_verdict(verdict);
    if (!known) return LineFault{"the verdict is none"};
    history.verdict = *known;
  }
  if (!changed_at.is_null()) {
    const auto time = read_time(changed_at);
    if (!time) return LineFault{"changed_at is not a time"};
    history.changed_unix_ms = *time;
  }
  if (!history.plausible()) return LineFault{"the counts contradict each other"};
  return monitor;
}

StateLine read_result(const dom::object& object, const dom::element& monitor) {
  PastResult result;
  if (monitor["id"].get(result.id) != simdjson::SUCCESS) return LineFault{"monitor has no id"};
  dom::element value;
  if (object["verdict"].get(value) != simdjson::SUCCESS || !read_verdict(value)) {
    return LineFault{"the verdict is none"};
  }
  result.verdict = *read_verdict(value);
  if (object["started_at"].get(value) != simdjson::SUCCESS || !read_time(value)) {
    return LineFault{"started_at is not a time"};
  }
  result.started_unix_ms = *read_time(value);
  std::string_view code;
  if (object["failure"]["code"].get(code) == simdjson::SUCCESS) {
    constexpr auto kNotObserved = engine::FailureCode::kLocalShutdown;
    static_assert(!engine::is_observed(kNotObserved));
    result.observed = code != engine::failure_info(kNotObserved).name;
  }
  return result;
}

}  // namespace

void append_state_header(std::string& out, const StateHeader& header) {
  JsonObject object(out);
  object.integer(kFormatKey, static_cast<std::int64_t>(header.format));
  object.text("version", build_info::kVersion);
  object.time("written_at", header.written_unix_ms);
  object.integer("monitors", static_cast<std::int64_t>(header.monitors));
  object.close();
}

void append_monitor_history(std::string& out, const MonitorHistory& monitor) {
  const History& history = monitor.history;
  JsonObject object(out);
  object.text("id", monitor.id);
  if (history.known()) {
    object.text("verdict", engine::verdict_name(history.verdict));
    object.time("changed_at", history.changed_unix_ms);
  } else {
    object.null("verdict");
    object.null("changed_at");
  }
  for (const Count& count : kCounts) object.integer(count.key, count.get(history));
  object.close();
}

struct StateLineParser::Json {
  dom::parser parser{limits::kMaxLineBytes};
};

StateLineParser::StateLineParser() : json_(std::make_unique<Json>()) {}
StateLineParser::~StateLineParser() = default;

StateLine StateLineParser::parse(std::string_view line) {
  dom::element root;
  dom::object object;
  if (json_->parser.parse(line.data(), line.size(), false).get(root) != simdjson::SUCCESS) {
    return LineFault{"it is not JSON"};
  }
  if (root.get(object) != simdjson::SUCCESS) return LineFault{"it is not an object"};
  dom::element value;
  if (object[kFormatKey].get(value) == simdjson::SUCCESS) return read_header(object);
  if (object["monitor"].get(value) == simdjson::SUCCESS) return read_result(object, value);
  return read_history(object);
}

}  // namespace tracer::cli
