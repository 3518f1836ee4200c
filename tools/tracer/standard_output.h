// Text for standard output that is not a result of a check: written whole, or complained about on
// standard error. Main thread.
#pragma once

#include <string_view>

namespace tracer::cli {

// False when not all of it could be written; that has been said then.
bool print_output(std::string_view text);

// A standard descriptor that the caller has closed would be given to the next file or socket that
// is opened, and output would go there: it is occupied, such that its use is an error.
void occupy_closed_descriptors();

}  // namespace tracer::cli
