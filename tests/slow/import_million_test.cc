// A million monitors from one document: all of them arrive, and memory stays in bounds.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "tools/tracer/import/import.h"

namespace tracer::import {
namespace {

namespace fs = std::filesystem;

// A sanitizer makes each monitor dear and shows the same mistakes with fewer.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t kMonitors = 50'000;
#else
constexpr std::uint32_t kMonitors = 1'000'000;
#endif
constexpr std::size_t kMaxBytesPerMonitor = 300;

std::string monitor_text(std::uint32_t index) {
  return fmt::format(
      R"({{"name": "service-{0:07}", "host": "host-{0:07}.dc{1}.example.net", "port": {2}, )"
      R"("timeout": "5s", "labels": {{"team": "team-{3}", "dc": "dc{1}"}}, )"
      R"("tls": {{"enabled": {4}, "min_version": "TLSv1.2"}}, "max_retries": 2, )"
      R"("assertions": [{{"type": "connection", "status": "success"}}, )"
      R"({{"type": "response_time", "less_than": 500}}]}})",
      index, index % 7, index % 4 == 0 ? 443 : 8080, index % 50, index % 3 == 0);
}

// What the allocator has given out; 0 where a sanitizer has taken its place.
std::size_t heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::size_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

class ImportMillionTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tracer-million-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_P(ImportMillionTest, ArrivesWithinBounds) {
  const bool lines = GetParam();
  const fs::path path = folder_ / (lines ? "million.ndjson" : "million.json");
  {
    std::ofstream file(path, std::ios::binary);
    if (!lines) file << R"({"monitors": [)";
    for (std::uint32_t index = 0; index < kMonitors; ++index) {
      file << monitor_text(index) << (lines || index + 1 == kMonitors ? "" : ",") << '\n';
    }
    if (!lines) file << "]}";
    ASSERT_TRUE(file.good());
  }

  const std::size_t heap_before = heap_bytes();
  const ImportResult result = import_files({path.string()}, {});
  const std::size_t heap_after = heap_bytes();
  EXPECT_EQ(format_errors(result), "");
  ASSERT_EQ(result.monitors.size(), kMonitors);
  for (const std::uint32_t index : {0U, 1U, kMonitors / 2, kMonitors - 1}) {
    const engine::Monitor& monitor = result.monitors.at(index);
    EXPECT_EQ(result.monitors.name(monitor), fmt::format("service-{:07}", index));
    EXPECT_EQ(result.monitors.labels(monitor).size(), 2U);
  }
  EXPECT_EQ(result.monitors.policy_count(), 2U);

  const std::size_t each = (heap_after - heap_before) / kMonitors;
  std::printf("%zu bytes a monitor; document %zu MB, peak %zu MB\n", each,
              static_cast<std::size_t>(fs::file_size(path)) >> 20, peak_bytes() >> 20);
  EXPECT_LE(each, kMaxBytesPerMonitor);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ImportMillionTest, testing::Bool(),
                         [](const auto& shape) { return shape.param ? "Lines" : "OneDocument"; });

}  // namespace
}  // namespace tracer::import
