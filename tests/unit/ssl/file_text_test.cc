#include "ssl/file_text.h"

#include <gtest/gtest.h>

#include <string>

namespace tracer::ssl {
namespace {

TEST(FileText, ReadsAWholeFile) {
  const std::string path = std::string(TRACER_TEST_CHAINS) + "/many_names.pem";
  const auto text = read_file_text(path);
  ASSERT_TRUE(text) << text.error();
  EXPECT_GT(text->size(), 16384U);
  EXPECT_TRUE(text->ends_with("-----END CERTIFICATE-----\n"));
}

TEST(FileText, SaysWhichFileCannotBeRead) {
  EXPECT_EQ(read_file_text("/nonexistent").error(), "/nonexistent: cannot be opened");
}

TEST(FileText, StopsAtTheLimit) {
  EXPECT_EQ(read_file_text("/dev/zero").error(), "/dev/zero: larger than the limit");
}

}  // namespace
}  // namespace tracer::ssl
