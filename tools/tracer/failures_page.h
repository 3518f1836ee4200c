// The page that explains every failure code, made from the table that reports use. docs/failures.md
// is its output, and a test holds the two equal. Pure.
#pragma once

#include <string>

namespace tracer::cli {

std::string failures_markdown();

}  // namespace tracer::cli
