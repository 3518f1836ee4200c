#include "tools/tracer/process_facts.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <fstream>

namespace tracer::cli {
namespace {

std::uint64_t nanoseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

std::uint64_t read_resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  file >> all_pages >> resident_pages;
  return file ? resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t count_open_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries < 3 ? 0 : entries - 3;  // ".", ".." and the one that reads the directory
}

}  // namespace

ProcessFacts read_process_facts() {
  ProcessFacts facts;
  facts.pid = static_cast<std::uint64_t>(getpid());
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    facts.cpu_user_ns = nanoseconds(usage.ru_utime);
    facts.cpu_system_ns = nanoseconds(usage.ru_stime);
  }
  facts.resident_bytes = read_resident_bytes();
  facts.open_descriptors = count_open_descriptors();
  return facts;
}

}  // namespace tracer::cli
