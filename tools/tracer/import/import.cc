#include "tools/tracer/import/import.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "tools/tracer/import/collector.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/json_faults.h"
#include "tools/tracer/import/json_reader.h"
#include "tools/tracer/import/source_text.h"
#include "tools/tracer/import/yaml_reader.h"

namespace tracer::import {
namespace {

bool ends_with(std::string_view name, std::string_view extension) {
  return name.size() > extension.size() && name.substr(name.size() - extension.size()) == extension;
}

// The notation of one file, once and for all.
struct Notation {
  bool yaml = false;
  bool one_a_line = false;
};

Notation notation_of(std::string_view text, std::string_view name, DocumentFormat format) {
  const bool lines = ends_with(name, ".ndjson") || ends_with(name, ".jsonl");
  if (format == DocumentFormat::kAutomatic) {
    if (ends_with(name, ".yaml") || ends_with(name, ".yml")) {
      format = DocumentFormat::kYaml;
    } else if (lines || ends_with(name, ".json")) {
      format = DocumentFormat::kJson;
    } else {
      const std::size_t first = text.find_first_not_of(" \t\r\n");
      const bool bracket =
          first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
      format = bracket ? DocumentFormat::kJson : DocumentFormat::kYaml;
    }
  }
  if (format == DocumentFormat::kYaml) return {true, false};
  return {false, lines || is_one_a_line(text)};
}

void read_source(const SourceText& source, const std::string& name, DocumentFormat format,
                 Collector& collector) {
  const Notation notation = notation_of(source.content(), name, format);
  if (notation.yaml) {
    read_yaml(source, name, collector);
    return;
  }
  OffsetLocator locator(source.view());
  collector.begin_file(name, locator);
  read_json(source, locator, notation.one_a_line, collector);
  collector.end_file();
}

std::string place_text(const std::string& file, std::size_t line, std::size_t column) {
  return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
}

}  // namespace

ImportResult import_files(const std::vector<std::string>& files, const ImportOptions& options) {
  ImportResult result;
  Collector collector(result, options);
  for (const std::string& file : files) {
    const std::string name = file == "-" ? "standard input" : file;
    const auto source = SourceText::load(file);
    if (source) {
      read_source(*source, name, DocumentFormat::kAutomatic, collector);
    } else {
      collector.diagnostics().begin_file(name, nullptr);
      collector.diagnostics().report_file(source.error());
    }
  }
  collector.finish();
  return result;
}

ImportResult import_text(std::string_view text, const std::string& name, DocumentFormat format,
                         const ImportOptions& options) {
  ImportResult result;
  Collector collector(result, options);
  read_source(SourceText::copy(text), name, format, collector);
  collector.finish();
  return result;
}

std::string format_error(const ImportError& error) {
  std::string text = place_text(error.file, error.line, error.column) + ": ";
  if (!error.path.empty()) text += error.path + ": ";
  text += error.found;
  if (!error.accepted.empty()) text += "; accepted: " + error.accepted;
  if (!error.suggestion.empty()) text += fmt::format("; did you mean \"{}\"?", error.suggestion);
  return text;
}

std::string format_warning(const ImportWarning& warning) {
  return place_text(warning.file, warning.line, warning.column) + ": warning: " + warning.text;
}

std::string format_errors(const ImportResult& result) {
  std::string text;
  for (const ImportError& error : result.errors) text += format_error(error) + "\n";
  const std::size_t unlisted = result.error_count - result.errors.size();
  if (unlisted != 0) {
    text += fmt::format("{} more error{} not listed\n", unlisted, unlisted == 1 ? "" : "s");
  }
  return text;
}

}  // namespace tracer::import
