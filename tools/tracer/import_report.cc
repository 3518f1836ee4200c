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

}  // namespace tracer::cli
