// A million histories to a state file and back: all of them arrive, and memory stays in bounds.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "engine/clock.h"
#include "tools/tracer/state/state_file.h"

namespace tracer::cli {
namespace {

namespace fs = std::filesystem;

// A sanitizer makes each monitor dear and shows the same mistakes with fewer.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t kMonitors = 50'000;
constexpr std::size_t kMaxBytes = SIZE_MAX;
#else
constexpr std::uint32_t kMonitors = 1'000'000;
constexpr std::size_t kMaxBytes = 200'000'000;
#endif

std::size_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

engine::History history_of(std::uint32_t monitor) {
  engine::History history;
  for (std::uint32_t i = 0; i <= monitor % 5; ++i) {
    const bool up = (monitor >> i) % 2 == 0;
    history.observe(up ? engine::Verdict::kUp : engine::Verdict::kDown, 1'767'323'045'678 + i);
  }
  return history;
}

TEST(StateMillionTest, IsWrittenAndRead) {
  std::string pattern = (fs::temp_directory_path() / "tracer-million-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  engine::MonitorSetBuilder builder;
  for (std::uint32_t i = 0; i < kMonitors; ++i) {
    engine::MonitorSpec spec;
    spec.host = fmt::format("host-{}.example.net", i);
    spec.port = 443;
    ASSERT_TRUE(builder.add(spec));
  }
  const engine::MonitorSet monitors = std::move(builder).build();
  std::vector<engine::History> histories;
  for (std::uint32_t i = 0; i < kMonitors; ++i) histories.push_back(history_of(i));

  const std::size_t peak_before = peak_bytes();
  const engine::SystemClock clock;
  const std::int64_t begin_ns = clock.monotonic_ns();
  const std::string path = pattern + "/state";
  {
    StateFile file(path, clock);
    ASSERT_TRUE(file.replace(monitors, histories, 1'767'323'045'678));
  }
  const std::int64_t written_ns = clock.monotonic_ns();
  StateFile file(path, clock);
  const auto restored = file.claim(monitors);
  const std::int64_t read_ns = clock.monotonic_ns();
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->monitors, kMonitors);
  EXPECT_EQ(restored->damaged + restored->missing + restored->departed, 0U);
  EXPECT_TRUE(restored->histories.all() == histories);
  std::printf("%zu MB; written in %.2f s, read in %.2f s; %zu MB of memory\n",
              static_cast<std::size_t>(fs::file_size(path)) / 1'000'000,
              static_cast<double>(written_ns - begin_ns) / 1e9,
              static_cast<double>(read_ns - written_ns) / 1e9,
              (peak_bytes() - peak_before) / 1'000'000);
  EXPECT_LE(peak_bytes() - peak_before, kMaxBytes);
  fs::remove_all(pattern);
}

}  // namespace
}  // namespace tracer::cli
