#include "tools/tracer/state/state_line.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sinks/sample_reports.h"
#include "tools/tracer/sinks/report_json.h"
#include "tools/tracer/state/line_reader.h"
#include "tools/tracer/state/state_limits.h"

namespace tracer::cli {
namespace {

using engine::History;
using engine::Verdict;

class StateLineTest : public testing::Test {
 protected:
  StateLine parse(const std::string& line) {
    padded_ = line + std::string(LineReader::kPadding, '\0');
    return parser_.parse(std::string_view(padded_).substr(0, line.size()));
  }
  std::string fault(const std::string& line) {
    const StateLine parsed = parse(line);
    const auto* found = std::get_if<LineFault>(&parsed);
    return found == nullptr ? "none" : std::string(found->reason);
  }

  StateLineParser parser_;
  std::string padded_;
};

constexpr std::string_view kLine =
    R"({"id":"web-1","verdict":"down","changed_at":"2026-01-02T03:04:05.678Z","checks":9,)"
    R"("skipped":1,"same_in_a_row":2,"failed_in_a_row":3,"passed_in_a_row":0,"flap_bits":4})";

TEST_F(StateLineTest, AHistoryIsReadBackAsItWasWritten) {
  History history;
  for (const Verdict verdict : {Verdict::kUp, Verdict::kDown, Verdict::kUnknown, Verdict::kDown}) {
    for (int i = 0; i < 3; ++i) {
      history.observe(verdict, 1'767'323'045'678 + i);
      history.skip(2);
      std::string line;
      append_monitor_history(line, {"q\"\n\u00fc", history});
      const StateLine parsed = parse(line);
      const auto* found = std::get_if<MonitorHistory>(&parsed);
      ASSERT_NE(found, nullptr) << line;
      EXPECT_EQ(found->id, "q\"\n\u00fc");
      EXPECT_EQ(found->history, history) << line;
    }
  }
}

TEST_F(StateLineTest, OneWithoutAVerdictYetIsReadBack) {
  History history;
  history.skip(3);
  std::string line;
  append_monitor_history(line, {"a", history});
  EXPECT_NE(line.find(R"("verdict":null,"changed_at":null)"), line.npos);
  EXPECT_EQ(std::get<MonitorHistory>(parse(line)).history, history);
}

TEST_F(StateLineTest, TheFormOfALineIsFixed) {
  const auto parsed = std::get<MonitorHistory>(parse(std::string(kLine)));
  EXPECT_EQ(parsed.id, "web-1");
  EXPECT_EQ(parsed.history.failed_in_a_row(), 3U);
  std::string line;
  append_monitor_history(line, parsed);
  EXPECT_EQ(line, kLine);
}

TEST_F(StateLineTest, AHeaderIsReadBack) {
  std::string line;
  append_state_header(line, {limits::kStateFormat, 1'767'323'045'678, 17});
  EXPECT_EQ(line.find(R"({"tracer_state":1,"version":")"), 0U) << line;
  const auto header = std::get<StateHeader>(parse(line));
  EXPECT_EQ(header.written_unix_ms, 1'767'323'045'678);
  EXPECT_EQ(header.monitors, 17U);
}

TEST_F(StateLineTest, OfAnotherFormatNothingElseIsExpected) {
  EXPECT_EQ(std::get<StateHeader>(parse(R"({"tracer_state":2,"new":[]})")).format, 2U);
}

TEST_F(StateLineTest, ResultsAreRead) {
  const engine::MonitorSet monitors =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
  samples::Sample refused = samples::refused(1);
  std::string line;
  append_report_json(line, refused.judged(monitors), monitors, {"local", "a"});
  auto result = std::get<PastResult>(parse(line));
  EXPECT_EQ(result.id, "cache");
  EXPECT_EQ(result.verdict, Verdict::kDown);
  EXPECT_EQ(result.started_unix_ms, samples::kStartedMs);
  EXPECT_TRUE(result.observed);
  refused.outcome().failure = engine::FailureCode::kLocalShutdown;
  line.clear();
  append_report_json(line, refused.judged(monitors), monitors, {"local", "a"});
  EXPECT_FALSE(std::get<PastResult>(parse(line)).observed);
}

TEST_F(StateLineTest, EveryCutOfALineIsAFault) {
  for (std::size_t length = 0; length < kLine.size(); ++length) {
    EXPECT_EQ(fault(std::string(kLine.substr(0, length))), "it is not JSON") << length;
  }
  EXPECT_EQ(fault("{\"id\":\"a" + std::string(kLine)), "it is not JSON");
}

TEST_F(StateLineTest, FaultsAreTold) {
  const auto with = [](std::string_view what, std::string_view instead) {
    std::string line(kLine);
    line.replace(line.find(what), what.size(), instead);
    return line;
  };
  const std::string contradiction = "the counts contradict each other";
  EXPECT_EQ(fault("[]"), "it is not an object");
  EXPECT_EQ(fault("{}"), "a key is missing, or is one too many");
  EXPECT_EQ(fault(with(R"("web-1")", "7")), "id is not a text");
  EXPECT_EQ(fault(with(R"("skipped":1)", R"("id":"x")")), "a count is missing, or is none");
  EXPECT_EQ(fault(with(R"("skipped":1)", R"("skipped":-1)")), "a count is missing, or is none");
  EXPECT_EQ(fault(with(R"("skipped":1)", R"("skipped":1.5)")), "a count is missing, or is none");
  EXPECT_EQ(fault(with(R"("skipped":1)", R"("skipped":4294967296)")),
            "a count is missing, or is none");
  EXPECT_EQ(fault(with(R"("verdict")", R"("judgement")")), "a key is missing");
  EXPECT_EQ(fault(with(R"("down")", R"("gone")")), "the verdict is none");
  EXPECT_EQ(fault(with(R"("down")", "null")), "the verdict is none");
  EXPECT_EQ(fault(with("2026-01-02T03:04:05.678Z", "yesterday")), "changed_at is not a time");
  EXPECT_EQ(fault(with(R"("down")", R"("up")")), contradiction);
  EXPECT_EQ(fault(with(R"("passed_in_a_row":0)", R"("passed_in_a_row":1)")), contradiction);
  EXPECT_EQ(fault(with(R"("checks":9)", R"("checks":1)")), contradiction);
  EXPECT_EQ(fault(R"({"tracer_state":"1"})"), "tracer_state is not a number");
  EXPECT_EQ(fault(R"({"tracer_state":1,"monitors":3})"), "written_at is not a time");
  EXPECT_EQ(fault(R"({"tracer_state":1,"written_at":"2026-01-02T03:04:05.678Z"})"),
            "monitors is not a number");
  EXPECT_EQ(fault(R"({"monitor":3})"), "monitor has no id");
  EXPECT_EQ(fault(R"({"monitor":{"id":"a"}})"), "the verdict is none");
  EXPECT_EQ(fault(R"({"monitor":{"id":"a"},"verdict":"up","started_at":5})"),
            "started_at is not a time");
}

}  // namespace
}  // namespace tracer::cli
