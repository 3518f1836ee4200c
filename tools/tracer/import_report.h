// What people are told of an import.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/tracer/import/import.h"

namespace tracer::cli {

// What was found wrong, on standard error.
void print_import_messages(const import::ImportResult& result);
// That there is nothing to check: one line without its end.
std::string none_enabled(std::size_t monitors, std::string_view location);

}  // namespace tracer::cli
