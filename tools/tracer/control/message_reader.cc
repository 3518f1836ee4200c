// The half of messages.h that reads, and the one user of simdjson here.
#include <simdjson.h>

#include <fmt/format.h>

#include <optional>

#include "tools/tracer/control/messages.h"
#include "tools/tracer/control/sample_fields.h"

namespace tracer::cli {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kDeepest = 8;  // levels of nesting in any message

std::optional<dom::object> parse_object(dom::parser& parser, std::string_view line) {
  dom::element root;
  dom::object object;
  if (parser.allocate(std::max<std::size_t>(line.size(), 64), kDeepest) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (parser.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  if (root.get(object) != simdjson::SUCCESS) return std::nullopt;
  return object;
}

// Nothing where the key is missing or its value of another type.
template <typename T>
std::optional<T> value_of(const dom::object& object, std::string_view key) {
  T value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

// 0 where there is none: an older tracer does not tell all that this one knows of.
std::uint64_t count_of(const dom::object& object, std::string_view key) {
  const std::int64_t count = value_of<std::int64_t>(object, key).value_or(0);
  return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

// The object of a reply, or why the request was not carried out.
tl::expected<dom::object, std::string> parse_reply(dom::parser& parser, std::string_view line) {
  const auto reply = parse_object(parser, line);
  if (!reply) return tl::unexpected(std::string("the answer is not a JSON object"));
  if (const auto error = value_of<std::string_view>(*reply, "error")) {
    return tl::unexpected(std::string(*error));
  }
  return *reply;
}

void read_numbers(const dom::object& reply, RunSample& sample) {
  for_each_number(sample, [&reply](std::string_view group, std::string_view name, auto& field) {
    const auto object = group.empty() ? reply : value_of<dom::object>(reply, group);
    if (!object) return;
    field = static_cast<std::remove_reference_t<decltype(field)>>(count_of(*object, name));
  });
}

void read_lateness(const dom::object& reply, sched::Histogram::Counts& counts) {
  const auto lateness = value_of<dom::object>(reply, "lateness_ns");
  if (!lateness) return;
  const auto pairs = value_of<dom::array>(*lateness, "counts");
  if (!pairs) return;
  for (const dom::element pair : *pairs) {
    std::int64_t up_to_ns = 0;
    std::int64_t count = 0;
    if (pair.at(0).get(up_to_ns) != simdjson::SUCCESS || up_to_ns < 0) continue;
    if (pair.at(1).get(count) != simdjson::SUCCESS || count < 0) continue;
    counts[sched::Histogram::bucket_of(static_cast<std::uint64_t>(up_to_ns))] =
        static_cast<std::uint64_t>(count);
  }
}

// Codes that this program does not know are of a newer one, and are passed over.
void read_failures(const dom::object& reply, sched::SweepSummary& summary) {
  const auto failures = value_of<dom::object>(reply, "failures");
  if (!failures) return;
  for (std::size_t i = 0; i < summary.by_failure.size(); ++i) {
    const auto name = engine::failure_info(static_cast<engine::FailureCode>(i)).name;
    summary.by_failure[i] = count_of(*failures, name);
  }
}

}  // namespace

tl::expected<Request, std::string> read_request(std::string_view line) {
  dom::parser parser;
  const auto object = parse_object(parser, line);
  if (!object) return tl::unexpected(std::string("a request is a JSON object on one line"));
  const auto request = value_of<std::string_view>(*object, "request");
  if (!request || object->size() != 1) {
    return tl::unexpected(
        std::string("a request has the one key \"request\", whose value is a string"));
  }
  if (*request == "snapshot") return Request::kSnapshot;
  if (*request == "reload") return Request::kReload;
  return tl::unexpected(
      fmt::format("no such request: {}; there are snapshot and reload", request->substr(0, 64)));
}

tl::expected<RunSample, std::string> read_snapshot(std::string_view line) {
  dom::parser parser;
  const auto reply = parse_reply(parser, line);
  if (!reply) return tl::unexpected(reply.error());
  const auto version = value_of<std::string_view>(*reply, "version");
  if (!version || !value_of<dom::object>(*reply, "checks")) {
    return tl::unexpected(std::string("the answer is not a snapshot"));
  }
  RunSample sample;
  sample.version = *version;
  read_numbers(*reply, sample);
  read_lateness(*reply, sample.run.lateness);
  read_failures(*reply, sample.run.evaluated);
  return sample;
}

tl::expected<ReloadResult, std::string> read_reload(std::string_view line) {
  dom::parser parser;
  const auto reply = parse_reply(parser, line);
  if (!reply) return tl::unexpected(reply.error());
  const auto ok = value_of<bool>(*reply, "ok");
  const auto errors = value_of<dom::array>(*reply, "errors");
  if (!ok || (!*ok && !errors)) {
    return tl::unexpected(std::string("the answer is not that to a reload"));
  }
  if (*ok) {
    return sched::Difference{count_of(*reply, "added"), count_of(*reply, "removed"),
                             count_of(*reply, "changed"), count_of(*reply, "unchanged")};
  }
  std::vector<std::string> texts;
  for (const dom::element error : *errors) {
    std::string_view text;
    if (error.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
  }
  return ReloadResult(tl::unexpected(std::move(texts)));
}

}  // namespace tracer::cli
