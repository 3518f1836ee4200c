// Every bound of the state file in one place, so that capacity can be reviewed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tracer::cli::limits {

inline constexpr std::uint64_t kStateFormat = 1;               // of the files that are written
inline constexpr std::size_t kMaxLineBytes = 4 * 1024 * 1024;  // a longer one is damage
inline constexpr std::size_t kFirstLineBufferBytes = 256 * 1024;
// So many damaged lines from the start on, and it is another kind of file.
inline constexpr std::size_t kMaxForeignLines = 1000;

}  // namespace tracer::cli::limits
