// Every document under tests/testdata/import is refused with exactly the messages in the file
// NAME.expected beside it, or accepted where that is empty.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tools/tracer/import/import.h"

namespace tracer::import {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> documents() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(TRACER_SOURCE_DIR "/tests/testdata/import")) {
    if (entry.path().extension() != ".expected") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class InvalidDocumentTest : public testing::TestWithParam<std::string> {};

TEST_P(InvalidDocumentTest, HasExactlyTheseErrors) {
  const fs::path path = fs::path(TRACER_SOURCE_DIR "/tests/testdata/import") / GetParam();
  const ImportResult result =
      import_text(contents(path), GetParam(), DocumentFormat::kAutomatic, {});
  EXPECT_EQ(format_errors(result), contents(path.string() + ".expected"));
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.monitors.size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Import, InvalidDocumentTest, testing::ValuesIn(documents()),
                         [](const auto& document) {
                           std::string name = document.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace tracer::import
