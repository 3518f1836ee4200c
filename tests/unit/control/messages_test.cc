#include "tools/tracer/control/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "tests/unit/control/sample_run.h"

namespace tracer::cli {
namespace {

using ::testing::HasSubstr;

TEST(RequestMessage, IsReadAsItIsWritten) {
  EXPECT_EQ(read_request(request_line(Request::kSnapshot)), Request::kSnapshot);
  EXPECT_EQ(read_request(request_line(Request::kReload)), Request::kReload);
  EXPECT_EQ(read_request(" { \"request\" : \"reload\" }\r"), Request::kReload);
}

TEST(RequestMessage, AnythingElseIsRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "a JSON object"},
      {"snapshot", "a JSON object"},
      {"\"snapshot\"", "a JSON object"},
      {"{", "a JSON object"},
      {"{}", "one key"},
      {R"({"request":null})", "one key"},
      {R"({"request":["snapshot"]})", "one key"},
      {R"({"request":"snapshot","request":"reload"})", "one key"},
      {R"({"request":"reload","force":true})", "one key"},
      {R"({"request":"snapshot"} {"request":"reload"})", "a JSON object"},
      {R"({"request":"stop"})", "no such request: stop"},
      {"{\"request\":\"\xff\"}", "a JSON object"},
      {std::string(R"({"request":)") + std::string(4000, '['), "a JSON object"},
      {std::string("{\"request\":\"snapshot\0\"}", 23), "a JSON object"},
  };
  for (const auto& [line, why] : cases) {
    const auto request = read_request(line);
    ASSERT_FALSE(request) << line;
    EXPECT_THAT(request.error(), HasSubstr(why)) << line;
  }
}

TEST(SnapshotMessage, IsReadAsItIsWritten) {
  const RunSample sample = samples::distinct_sample();
  const std::string line = snapshot_line(sample);
  EXPECT_EQ(line.find('\n'), line.npos);
  const auto read = read_snapshot(line);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->version, "1.2.3");
  std::set<std::uint64_t> numbers;
  for_each_number(*read, [&](auto, auto, const auto& field) {
    numbers.insert(static_cast<std::uint64_t>(field));
  });
  EXPECT_GE(numbers.size(), 32U);  // none is lost, none is another's
  EXPECT_EQ(snapshot_line(*read), line);
  EXPECT_EQ(read->run.lateness, sample.run.lateness);
  EXPECT_EQ(read->run.evaluated.by_failure, sample.run.evaluated.by_failure);
}

TEST(SnapshotMessage, NamesWhatDocsControlNames) {
  const std::string line = snapshot_line(samples::distinct_sample());
  EXPECT_THAT(line, HasSubstr(R"({"version":"1.2.3","pid":1001,"uptime_ns":1002,"monitors":1003,)"
                              R"("shards":1004,"slots":1005,"checks":{"begun":1006,)"));
  EXPECT_THAT(line, HasSubstr(R"("failures":{"connection_refused":17}})"));
  EXPECT_THAT(line, HasSubstr(R"("lateness_ns":{"p50":1048575,"p99":1048575,"p99_9":)"));
}

TEST(SnapshotMessage, OfAnOlderOrNewerTracerIsReadAsFarAsItIsKnown) {
  const auto read = read_snapshot(
      R"({"version":"9","checks":{"begun":5,"reported":-1},"failures":{"moon_full":3},)"
      R"("lateness_ns":{"counts":[[1],[5,"x"],7,[18446744073709551615,1],[8,2]]},"more":[{}]})");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->run.begun, 5U);
  EXPECT_EQ(read->run.evaluated.reports, 0U);
  EXPECT_EQ(read->run.lateness[8], 2U);
}

TEST(SnapshotMessage, WhatIsNoneIsAnError) {
  EXPECT_EQ(read_snapshot(error_line("there are too many \"clients\"")).error(),
            "there are too many \"clients\"");
  for (const char* line : {"", "[]", "{}", "garbage", R"({"version":"1"})", R"({"checks":{}})"}) {
    EXPECT_FALSE(read_snapshot(line)) << line;
  }
}

TEST(ReloadMessage, IsReadAsItIsWritten) {
  const auto changed = read_reload(reload_line(sched::Difference{1, 2, 3, 4}));
  ASSERT_TRUE(changed && *changed);
  EXPECT_EQ((**changed).added, 1U);
  EXPECT_EQ((**changed).removed, 2U);
  EXPECT_EQ((**changed).changed, 3U);
  EXPECT_EQ((**changed).unchanged, 4U);
  const std::vector<std::string> errors = {"a.json:3:5: port is 0\n", "two"};
  const auto refused = read_reload(reload_line(tl::unexpected(errors)));
  ASSERT_TRUE(refused);
  ASSERT_FALSE(*refused);
  EXPECT_EQ(refused->error(), errors);
}

TEST(ReloadMessage, WhatIsNoneIsAnError) {
  EXPECT_EQ(read_reload(error_line("a reload is under way")).error(), "a reload is under way");
  for (const char* line : {"", "{}", R"({"ok":1})", R"({"ok":false})", R"({"errors":[]})"}) {
    EXPECT_FALSE(read_reload(line)) << line;
  }
}

}  // namespace
}  // namespace tracer::cli
