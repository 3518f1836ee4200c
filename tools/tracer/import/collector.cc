#include "tools/tracer/import/collector.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/nearest.h"

namespace tracer::import {
namespace {

constexpr std::size_t kNamesInWarning = 3;

std::string name_of(const engine::MonitorSpec& spec) {
  return spec.name.empty() ? fmt::format("{}:{}", spec.host, spec.port) : spec.name;
}

}  // namespace

DocumentKey document_key(std::string_view key) {
  if (key.size() > limits::kMaxKeyBytes) return DocumentKey::kNone;
  // Asked of every key of every line: nearly all are told apart by their first letter.
  const std::size_t first = key.find_first_not_of(" _-");
  if (first == std::string_view::npos ||
      std::string_view("mMdD").find(key[first]) == std::string_view::npos) {
    return DocumentKey::kNone;
  }
  const std::string form = normalized(key);
  if (form == "monitors") return DocumentKey::kMonitors;
  return form == "defaults" ? DocumentKey::kDefaults : DocumentKey::kNone;
}

void Collector::begin_file(const std::string& name, const Locator& locator) {
  files_.push_back(name);
  diagnostics_.begin_file(name, &locator);
  monitors_seen_ = 0;
  errors_before_ = diagnostics_.count();
  unverified_ = {};
  any_name_ = {};
}

void Collector::end_file() {
  const std::string& file = diagnostics_.file();
  if (monitors_seen_ == 0 && diagnostics_.count() == errors_before_) {
    diagnostics_.report_file(fmt::format("no monitors in {}", file),
                             "a monitor, a list of monitors, or a map with monitors");
  }
  warn_lowered(unverified_, "tls.verify is false", "any certificate is taken");
  warn_lowered(any_name_, "tls.skip_hostname_verify is true",
               "certificates for other names and self-signed ones are taken");
}

void Collector::begin_document(const Tree* tree, const Node* defaults) {
  schema_.clear_defaults();
  defaults_good_ = true;
  if (defaults == nullptr) return;
  const Diagnostics::Step step(diagnostics_, "defaults");
  defaults_good_ = schema_.read_defaults(*tree, *defaults);
}

void Collector::monitor(const Tree& tree, const Node& node) {
  const Diagnostics::Step step(diagnostics_, "monitors", monitors_seen_++);
  const engine::MonitorSpec* spec = schema_.read_monitor(tree, node);
  if (spec != nullptr && defaults_good_) add(node, *spec);
}

void Collector::add(const Node& node, const engine::MonitorSpec& spec) {
  if (builder_.text_bytes() > limits::kMaxSetTextBytes) {
    diagnostics_.report(node.place, "one monitor too many", "less than 4 GiB of names and labels");
    return;
  }
  const LineColumn where = diagnostics_.locate(node.place);
  if (const auto added = builder_.add(spec); !added) {
    const Origin& first = origins_[added.error().first];
    const std::string id = spec.id.empty() ? "the same name, host, port and tls mode as"
                                           : fmt::format("the id {} of", quoted(spec.id));
    diagnostics_.report(node.place,
                        fmt::format("has {} the monitor at {}:{}:{}", id, files_[first.file],
                                    first.line, first.column),
                        spec.id.empty() ? "a name or an id that tells them apart"
                                        : "an id that no other monitor has");
    return;
  }
  origins_.push_back({static_cast<std::uint32_t>(files_.size() - 1),
                      static_cast<std::uint32_t>(where.line),
                      static_cast<std::uint32_t>(where.column)});
  const engine::TlsPolicy& tls = spec.policy.tls;
  if (tls.enabled && !tls.verify) note_lowered(unverified_, spec, where);
  if (tls.enabled && tls.skip_hostname_verify) note_lowered(any_name_, spec, where);
}

void Collector::note_lowered(Lowered& lowered, const engine::MonitorSpec& spec, LineColumn where) {
  if (lowered.count++ == 0) lowered.first = where;
  if (lowered.names.size() < kNamesInWarning) lowered.names.push_back(name_of(spec));
}

void Collector::warn_lowered(Lowered& lowered, std::string_view what, std::string_view effect) {
  if (lowered.count == 0) return;
  result_.warnings.push_back(
      {diagnostics_.file(), lowered.first.line, lowered.first.column,
       fmt::format("{} for {} monitor{} ({}{}): {}", what, lowered.count,
                   lowered.count == 1 ? "" : "s", fmt::join(lowered.names, ", "),
                   lowered.count > lowered.names.size() ? ", …" : "", effect)});
}

void Collector::check_document_keys(const Tree& tree, const Node& root) {
  const Node* defaults = nullptr;
  const Node* monitors = nullptr;
  for (const Node* entry = tree.first(root); entry != nullptr; entry = tree.next(*entry)) {
    const DocumentKey key = document_key(entry->key);
    if (key == DocumentKey::kNone) {
      const Diagnostics::Step step(diagnostics_, entry->key);
      constexpr std::array<std::string_view, 2> kKnown{"defaults", "monitors"};
      diagnostics_.report(entry->key_place, "unknown key beside monitors", "defaults, monitors",
                          nearest(entry->key, kKnown));
      continue;
    }
    const Node*& first = key == DocumentKey::kDefaults ? defaults : monitors;
    if (first != nullptr) {
      const Diagnostics::Step step(diagnostics_, entry->key);
      const LineColumn where = diagnostics_.locate(first->key_place);
      diagnostics_.report(entry->key_place,
                          fmt::format("the key is given twice, first at line {}, column {}",
                                      where.line, where.column),
                          "one of them");
    } else {
      first = entry;
    }
  }
}

void Collector::broken(Place place, std::string_view found, std::string_view accepted) {
  diagnostics_.report(place, found, accepted);
}

void Collector::finish() {
  if (result_.error_count == 0 || options_.keep_going) {
    result_.monitors = std::move(builder_).build();
  }
}

}  // namespace tracer::import
