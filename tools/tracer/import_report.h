// Tells people what an import found wrong, on standard error.
#pragma once

#include "tools/tracer/import/import.h"

namespace tracer::cli {

void print_import_messages(const import::ImportResult& result);

}  // namespace tracer::cli
