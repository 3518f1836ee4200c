#include "tools/tracer/import_report.h"

#include <fmt/format.h>

#include <cstdio>

namespace tracer::cli {

void print_import_messages(const import::ImportResult& result) {
  for (const import::ImportWarning& warning : result.warnings) {
    fmt::print(stderr, "{}\n", import::format_warning(warning));
  }
  fmt::print(stderr, "{}", import::format_errors(result));
}

std::string none_enabled(std::size_t monitors, std::string_view location) {
  return fmt::format("tracer: none of the {} monitors is enabled for location {}", monitors,
                     location);
}

}  // namespace tracer::cli
