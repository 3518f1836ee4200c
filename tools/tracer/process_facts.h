// What the kernel says of this process: the cost of a run, beside what the run says of itself. Any
// thread.
#pragma once

#include <cstdint>

namespace tracer::cli {

struct ProcessFacts {
  std::uint64_t pid = 0;
  std::uint64_t cpu_user_ns = 0;  // of all its threads, since it started
  std::uint64_t cpu_system_ns = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
};

// What the kernel does not tell stays 0.
ProcessFacts read_process_facts();

}  // namespace tracer::cli
