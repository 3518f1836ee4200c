// Takes what the front ends find — documents, their defaults, their monitors — through the schema
// into one MonitorSet, and refuses ids that are taken. Owned by one import; one thread.
//
// A front end calls, for every file: begin_file, and for every document in it either monitor()
// for each monitor, with begin_document() before, or the same with the document's defaults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/monitor.h"
#include "tools/tracer/import/diagnostics.h"
#include "tools/tracer/import/import.h"
#include "tools/tracer/import/monitor_schema.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {

// How a document with several monitors is keyed.
enum class DocumentKey { kDefaults, kMonitors, kNone };
DocumentKey document_key(std::string_view key);

class Collector {
 public:
  Collector(ImportResult& result, const ImportOptions& options)
      : result_(result), options_(options), diagnostics_(result), schema_(diagnostics_, options_) {}

  Diagnostics& diagnostics() { return diagnostics_; }

  void begin_file(const std::string& name, const Locator& locator);
  // Tells what the whole file was missing or lowers.
  void end_file();

  // `defaults` is null where the document has none.
  void begin_document(const Tree* tree, const Node* defaults);
  void monitor(const Tree& tree, const Node& node);
  // One that is too broken to be read counts nevertheless, so that the next has its right number.
  void pass_over_monitor() { ++monitors_seen_; }
  std::size_t monitors_seen() const { return monitors_seen_; }
  // `root` is a map that had `monitors`: it may hold nothing else but defaults.
  void check_document_keys(const Tree& tree, const Node& root);
  // The document is broken at `place`; what follows it cannot be read.
  void broken(Place place, std::string_view found, std::string_view accepted = {});

  // Moves the monitors into the result.
  void finish();

 private:
  struct Origin {  // of a monitor in the set, by index
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };
  struct Lowered {  // monitors of this file that lower security in one way
    std::size_t count = 0;
    LineColumn first;
    std::vector<std::string> names;
  };
  void add(const Node& node, const engine::MonitorSpec& spec);
  void note_lowered(Lowered& lowered, const engine::MonitorSpec& spec, LineColumn where);
  void warn_lowered(Lowered& lowered, std::string_view what, std::string_view effect);

  ImportResult& result_;
  const ImportOptions& options_;
  Diagnostics diagnostics_;
  MonitorSchema schema_;
  engine::MonitorSetBuilder builder_;
  std::vector<std::string> files_;
  std::vector<Origin> origins_;
  std::size_t monitors_seen_ = 0;  // in this file, good and bad
  std::size_t errors_before_ = 0;  // of this file
  bool defaults_good_ = true;
  Lowered unverified_;
  Lowered any_name_;
};

}  // namespace tracer::import
