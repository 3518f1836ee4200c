// Reads a map of a document by a table of its keys: finds each key's row, refuses unknown and
// repeated keys, and keeps the path for errors. The tables are the schema: see monitor_schema.cc
// and assertion_schema.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tools/tracer/import/diagnostics.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/nearest.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {

template <typename Context>
struct Key {
  std::string_view name;  // as tracer writes it
  void (*read)(Context& context, const Node& value);
};

// Which rows of a table a map had.
using KeySet = std::uint64_t;

template <typename Table>
constexpr KeySet key_bit(const Table& table, std::string_view name) {
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (table[row].name == name) return KeySet{1} << row;
  }
  return 0;
}

template <typename Row>
const Row* find_row(std::span<const Row> table, std::string_view key) {
  for (const Row& row : table) {  // nearly always written as tracer writes it
    if (row.name == key) return &row;
  }
  if (key.size() > limits::kMaxKeyBytes) return nullptr;
  const std::string form = normalized(key);
  for (const Row& row : table) {
    if (normalized(row.name) == form) return &row;
  }
  return nullptr;
}

template <typename Row>
void report_unknown_key(Diagnostics& diagnostics, const Node& entry, std::span<const Row> table) {
  std::string accepted;
  std::string_view suggestion;
  if (diagnostics.listening()) {
    std::vector<std::string_view> names;
    for (const Row& row : table) names.push_back(row.name);
    accepted = fmt::format("{}", fmt::join(names, ", "));
    suggestion = nearest(entry.key, names);
  }
  const Diagnostics::Step step(diagnostics, entry.key);
  diagnostics.report(entry.key_place, "unknown key", accepted, suggestion);
}

// The entry of `map` that means `name`, or null. For error paths: it compares every key.
inline const Node* find_entry(const Tree& tree, const Node& map, std::string_view name) {
  const std::string form = normalized(name);
  for (const Node* entry = tree.first(map); entry != nullptr; entry = tree.next(*entry)) {
    if (entry->key == name || normalized(entry->key) == form) return entry;
  }
  return nullptr;
}

inline void report_repeated_key(Diagnostics& diagnostics, const Tree& tree, const Node& map,
                                const Node& entry, std::string_view name) {
  // The search is not worth its time for an error that nobody reads: a map may repeat thousands.
  const Node* first = diagnostics.listening() ? find_entry(tree, map, name) : nullptr;
  const LineColumn where = diagnostics.locate(first != nullptr ? first->key_place : entry.place);
  diagnostics.report(
      entry.key_place,
      fmt::format("the key is given twice, first at line {}, column {}", where.line, where.column),
      "one of them");
}

template <typename Context>
KeySet read_map(Diagnostics& diagnostics, const Tree& tree, const Node& map,
                std::span<const Key<Context>> table, Context& context) {
  KeySet seen = 0;
  for (const Node* entry = tree.first(map); entry != nullptr; entry = tree.next(*entry)) {
    const Key<Context>* row = find_row(table, entry->key);
    if (row == nullptr) {
      report_unknown_key(diagnostics, *entry, table);
      continue;
    }
    const Diagnostics::Step step(diagnostics, row->name);
    const KeySet bit = KeySet{1} << (row - table.data());
    if ((seen & bit) != 0) {
      report_repeated_key(diagnostics, tree, map, *entry, row->name);
      continue;
    }
    seen |= bit;
    row->read(context, *entry);
  }
  return seen;
}

}  // namespace tracer::import
