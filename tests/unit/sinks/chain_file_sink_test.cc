#include "tools/tracer/sinks/chain_file_sink.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/sinks/sample_reports.h"
#include "tools/tracer/sinks/chain_pem.h"

namespace tracer::cli {
namespace {

TEST(ChainFileSink, WritesEveryChainUnderItsTarget) {
  const std::string path =
      std::filesystem::path(testing::TempDir()) / ("chains_" + std::to_string(getpid()) + ".pem");
  const engine::MonitorSet monitors =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
  const samples::Sample good = samples::tls_success(0);
  const samples::Sample plain = samples::redis_success(1);
  const std::array reports = {good.judged(monitors), plain.judged(monitors)};
  ChainFileSink sink(path, monitors);
  sink.write(reports);
  ASSERT_TRUE(sink.finish());
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "# web  example.org:443 (192.0.2.10)\n" + chain_pem(*reports[0].outcome.chain));
  std::filesystem::remove(path);
}

TEST(ChainFileSink, SaysWhereItCannotWrite) {
  EXPECT_EQ(write_file("/nonexistent/x.pem", "x").error(), "/nonexistent/x.pem: cannot be written");
}

}  // namespace
}  // namespace tracer::cli
