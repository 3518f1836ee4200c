// The tables of the assertion schema: the types, their operators, what `of` may choose, and how
// the value of each operator is read. assertion_schema.cc reads entries by them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/assertion.h"
#include "tools/tracer/import/tree.h"
#include "tools/tracer/import/value_reader.h"

namespace tracer::import {

// An operator's value becomes assertions made from `start`.
struct AssertionEntry {
  ValueReader& values;
  const Tree& tree;
  engine::Assertion start;  // subject, comparison and severity set
  std::vector<engine::Assertion>& out;
};

struct OperatorRow {
  std::string_view type;
  std::string_view name;
  engine::Assertion::Subject subject;
  engine::Assertion::Operator comparison;
  void (*read)(AssertionEntry& entry, const Node& value);
};

struct OfRow {
  std::string_view type;
  std::string_view name;
  engine::Assertion::Subject subject;
};

std::span<const std::string_view> assertion_types();
std::span<const OperatorRow> operator_rows();
std::span<const OfRow> of_rows();

std::string joined(std::span<const std::string_view> words);
// One of `words`; empty after a report.
std::string_view read_word(ValueReader& values, const Node& value, std::string_view not_what,
                           std::span<const std::string_view> words);

}  // namespace tracer::import
