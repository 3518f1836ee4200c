#include "tools/tracer/process_facts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

namespace tracer::cli {
namespace {

TEST(ProcessFacts, CountDescriptors) {
  const ProcessFacts before = read_process_facts();
  EXPECT_EQ(before.pid, static_cast<std::uint64_t>(getpid()));
  const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read_process_facts().open_descriptors, before.open_descriptors + 1);
  close(descriptor);
  EXPECT_EQ(read_process_facts().open_descriptors, before.open_descriptors);
}

TEST(ProcessFacts, SeeMemoryThatIsTouched) {
  const ProcessFacts before = read_process_facts();
  const std::vector<char> memory(64U << 20, 1);
  const ProcessFacts after = read_process_facts();
  EXPECT_GE(after.resident_bytes, before.resident_bytes + memory.size() / 2);
}

TEST(ProcessFacts, SeeTimeThatIsSpent) {
  const ProcessFacts before = read_process_facts();
  ProcessFacts after;
  do {
    after = read_process_facts();
  } while (after.cpu_user_ns + after.cpu_system_ns == before.cpu_user_ns + before.cpu_system_ns);
  EXPECT_GE(after.cpu_user_ns, before.cpu_user_ns);
  EXPECT_GE(after.cpu_system_ns, before.cpu_system_ns);
}

}  // namespace
}  // namespace tracer::cli
