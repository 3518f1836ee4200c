#include "tools/tracer/failures_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "engine/failure.h"

namespace tracer::cli {
namespace {

TEST(FailuresPage, TheDocumentIsWhatTheTableSays) {
  std::ifstream file(TRACER_SOURCE_DIR "/docs/failures.md");
  ASSERT_TRUE(file.is_open());
  std::ostringstream document;
  document << file.rdbuf();
  EXPECT_EQ(document.str(), failures_markdown())
      << "write it anew: tracer failures > docs/failures.md";
}

TEST(FailuresPage, ExplainsEveryCode) {
  const std::string page = failures_markdown();
  for (int index = 1; index < engine::kFailureCodeCount; ++index) {
    const auto& info = engine::failure_info(static_cast<engine::FailureCode>(index));
    EXPECT_NE(page.find("### `" + std::string(info.name)), page.npos) << info.name;
    EXPECT_NE(page.find(info.remedy), page.npos) << info.name;
  }
}

}  // namespace
}  // namespace tracer::cli
