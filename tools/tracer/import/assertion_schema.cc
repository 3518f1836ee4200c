#include "tools/tracer/import/assertion_schema.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "engine/limits.h"
#include "tools/tracer/import/assertion_operands.h"
#include "tools/tracer/import/map_reader.h"

namespace tracer::import {
namespace {

using engine::Assertion;
using Subject = Assertion::Subject;

constexpr std::array<std::string_view, 2> kSeverities{"fail", "warn"};

template <typename Row>
std::vector<Row> rows_of(std::span<const Row> table, std::string_view type) {
  std::vector<Row> rows;
  for (const auto& row : table) {
    if (row.type == type) rows.push_back(row);
  }
  return rows;
}

std::vector<std::string_view> names_of(const auto& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

class EntryReader {
 public:
  EntryReader(ValueReader& values, const Tree& tree, std::vector<Assertion>& out)
      : values_(values), diagnostics_(values.diagnostics()), tree_(tree), out_(out) {}

  void read(const Node& node) {
    if (node.kind != Node::Kind::kMap) {
      values_.refuse(node, "is not an assertion", "a map with type and operators");
      return;
    }
    const std::string_view type = read_type(node);
    if (type.empty()) return;
    const auto choices = rows_of(of_rows(), type);
    const auto subject = read_of(node, choices);
    const auto severity = read_severity(node);
    const auto operators = rows_of(operator_rows(), type);
    std::vector<OperatorRow> known{{type, "type", {}, {}, nullptr},
                                   {type, "severity", {}, {}, nullptr}};
    if (!choices.empty()) known.push_back({type, "of", {}, {}, nullptr});
    known.insert(known.end(), operators.begin(), operators.end());
    read_operators(node, known, subject, severity);
  }

 private:
  std::string_view read_type(const Node& node) {
    const Diagnostics::Step step(diagnostics_, "type");
    const Node* type = find_entry(tree_, node, "type");
    if (type == nullptr) {
      diagnostics_.report(node.place, "missing", joined(assertion_types()));
      return {};
    }
    return read_word(values_, *type, "is not an assertion type", assertion_types());
  }

  std::optional<Subject> read_of(const Node& node, const std::vector<OfRow>& rows) {
    const Node* of = rows.empty() ? nullptr : find_entry(tree_, node, "of");
    if (of == nullptr) return std::nullopt;
    const Diagnostics::Step step(diagnostics_, "of");
    const auto names = names_of(rows);
    const std::string_view word = read_word(values_, *of, "is not something measured", names);
    for (const OfRow& row : rows) {
      if (row.name == word) return row.subject;
    }
    return std::nullopt;
  }

  Assertion::Severity read_severity(const Node& node) {
    const Node* severity = find_entry(tree_, node, "severity");
    if (severity == nullptr) return Assertion::Severity::kFail;
    const Diagnostics::Step step(diagnostics_, "severity");
    const bool warn = read_word(values_, *severity, "is not a severity", kSeverities) == "warn";
    return warn ? Assertion::Severity::kWarn : Assertion::Severity::kFail;
  }

  void read_operators(const Node& node, std::span<const OperatorRow> known,
                      std::optional<Subject> of_subject, Assertion::Severity severity) {
    KeySet seen = 0;
    bool any = false;
    for (const Node* item = tree_.first(node); item; item = tree_.next(*item)) {
      const OperatorRow* row = find_row(known, item->key);
      if (row == nullptr) {
        report_unknown_key(diagnostics_, *item, known);
        any = true;  // one mistake, one error
        continue;
      }
      const Diagnostics::Step step(diagnostics_, row->name);
      const KeySet bit = KeySet{1} << (row - known.data());
      if ((seen & bit) != 0) report_repeated_key(diagnostics_, tree_, node, *item, row->name);
      seen |= bit;
      if (row->read == nullptr) continue;
      any = true;
      AssertionEntry entry{values_, tree_, {}, out_};
      entry.start.subject = of_subject.value_or(row->subject);
      entry.start.comparison = row->comparison;
      entry.start.severity = severity;
      row->read(entry, *item);
    }
    if (!any) {
      std::vector<std::string_view> names;
      for (const OperatorRow& row : known) {
        if (row.read != nullptr) names.push_back(row.name);
      }
      diagnostics_.report(node.place, "has no operator", joined(names));
    }
  }

  ValueReader& values_;
  Diagnostics& diagnostics_;
  const Tree& tree_;
  std::vector<Assertion>& out_;
};

}  // namespace

std::vector<Assertion> read_assertions(ValueReader& values, const Tree& tree, const Node& node) {
  std::vector<Assertion> assertions;
  if (node.kind != Node::Kind::kList) {
    values.refuse(node, "is not a list", "a list of assertions");
    return assertions;
  }
  EntryReader reader(values, tree, assertions);
  std::size_t index = 0;
  for (const Node* entry = tree.first(node); entry; entry = tree.next(*entry)) {
    const Diagnostics::Step step(values.diagnostics(), {}, index++);
    reader.read(*entry);
  }
  if (assertions.size() > engine::limits::kMaxAssertions) {
    values.diagnostics().report(node.place, fmt::format("{} comparisons", assertions.size()),
                                fmt::format("at most {}", engine::limits::kMaxAssertions));
  }
  return assertions;
}

}  // namespace tracer::import
