#include "tools/tracer/control/run_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/control/raw_client.h"
#include "tests/unit/control/sample_run.h"

namespace tracer::cli {
namespace {

using ::testing::HasSubstr;

ControlHandlers handlers() {
  return {[] { return samples::distinct_sample(); }, [] { return sched::Difference{}; }};
}

TEST(RunControl, IsThereWhereItIsWanted) {
  const testing::TemporaryDirectory directory;
  const auto server = start_control({directory.file("socket"), true}, handlers());
  ASSERT_TRUE(server);
  testing::RawClient client(directory.file("socket"));
  client.say("{\"request\":\"reload\"}\n");
  EXPECT_THAT(client.hear(), HasSubstr("\"ok\":true"));
  EXPECT_EQ(*start_control({"", false}, handlers()), nullptr);
}

TEST(RunControl, IsDoneWithoutWhereItIsNotRequired) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.file("socket");
  const auto first = start_control({path, false}, handlers());
  ASSERT_TRUE(first && *first);
  ::testing::internal::CaptureStderr();
  const auto second = start_control({path, false}, handlers());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "tracer: warning: " + path +
                " is in use, by another run it seems; going on without a control socket\n");
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, nullptr);
  const auto third = start_control({path, true}, handlers());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), path + " is in use, by another run it seems");
  EXPECT_THAT(start_control({directory.file("no/socket"), true}, handlers()).error(),
              HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace tracer::cli
