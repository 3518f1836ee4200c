#include "tools/tracer/state/restore.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/unit/sinks/sample_reports.h"
#include "tests/unit/state/scratch_folder.h"
#include "tools/tracer/sinks/report_json.h"
#include "tools/tracer/state/state_limits.h"
#include "tools/tracer/state/state_line.h"

namespace tracer::cli {
namespace {

using engine::History;
using engine::Verdict;
using Source = Restored::Source;

class RestoreTest : public testing::Test {
 protected:
  Restored restore(const std::string& text) {
    folder_.write("file", text);
    const int descriptor = ::open(folder_.path("file").c_str(), O_RDONLY | O_CLOEXEC);
    Restored restored = restore_histories(descriptor, monitors_);
    ::close(descriptor);
    EXPECT_EQ(restored.histories.size(), monitors_.size());
    return restored;
  }
  static std::string header(std::uint64_t monitors) {
    std::string line;
    append_state_header(line, {limits::kStateFormat, samples::kStartedMs, monitors});
    return line + '\n';
  }
  static std::string line(std::string_view id, const History& history) {
    std::string text;
    append_monitor_history(text, {id, history});
    return text + '\n';
  }
  std::string result(const samples::Sample& sample) const {
    std::string text;
    append_report_json(text, sample.judged(monitors_), monitors_, {"local", "a"});
    return text + '\n';
  }
  std::string warning(const std::string& text) {
    return restore_messages(restore(text), "S").warning;
  }
  static History down() {
    History history;
    for (int i = 0; i < 4; ++i) history.observe(i < 2 ? Verdict::kUp : Verdict::kDown, 1000 * i);
    return history;
  }

  ScratchFolder folder_;
  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
};

TEST_F(RestoreTest, AStateGoesOn) {
  const Restored restored =
      restore(header(3) + line("cache", down()) + line("gone", down()) + line("web-1", {}));
  EXPECT_EQ(restored.source, Source::kState);
  EXPECT_EQ(restored.histories.at(1), down());
  EXPECT_EQ(restored.histories.at(0), History{});
  const RestoreMessages messages = restore_messages(restored, "S");
  EXPECT_EQ(messages.note,
            "S: 2 monitors known from before, as of 2026-01-02T03:04:05.678Z; 1 no longer here");
  EXPECT_EQ(messages.warning, "");
}

TEST_F(RestoreTest, WithoutBytesNothingIsKnownAndNothingIsWrong) {
  for (const std::string text : {"", "\n \n"}) {
    const Restored restored = restore(text);
    EXPECT_EQ(restored.source, Source::kNothing);
    const RestoreMessages messages = restore_messages(restored, "S");
    EXPECT_EQ(messages.note + messages.warning, "");
  }
}

TEST_F(RestoreTest, ADamagedLineCostsItsMonitorAlone) {
  const Restored restored =
      restore(header(2) + "{\"id\":\"web-1\",\"ver\n" + line("cache", down()));
  EXPECT_EQ(restored.source, Source::kState);
  EXPECT_EQ(restored.histories.at(1), down());
  EXPECT_EQ(restored.damaged, 1U);
  EXPECT_EQ(restore_messages(restored, "S").warning,
            "S:2: it is not JSON; 1 damaged line left out");
}

TEST_F(RestoreTest, AnyCutOfAFileGivesWhatIsWhole) {
  const std::string whole = header(2) + line("web-1", down()) + line("cache", down());
  for (std::size_t length = 1; length + 1 < whole.size(); ++length) {
    const Restored restored = restore(whole.substr(0, length));
    EXPECT_LT(restored.monitors, 2U);
    EXPECT_NE(restore_messages(restored, "S").warning, "") << length;
    const bool first_whole = length >= header(2).size() + line("web-1", down()).size() - 1;
    EXPECT_EQ(restored.histories.at(0), first_whole ? down() : History{}) << length;
  }
  EXPECT_EQ(warning(header(2) + line("web-1", down())), "S ends early, 1 monitor missing");
}

TEST_F(RestoreTest, AMonitorIsToldOfOnce) {
  History other;
  other.observe(Verdict::kUp, 5);
  const std::string text = header(2) + line("cache", down()) + line("cache", other);
  EXPECT_EQ(warning(text), "S:3: its monitor has been told of before; 1 damaged line left out");
  EXPECT_EQ(restore(text).histories.at(1), down());
}

TEST_F(RestoreTest, WithoutItsHeaderAStateIsStillOne) {
  const Restored restored = restore("{\"tracer_\n" + line("cache", down()));
  EXPECT_EQ(restored.source, Source::kState);
  EXPECT_EQ(restored.histories.at(1), down());
  EXPECT_EQ(restored.damaged, 1U);
}

TEST_F(RestoreTest, AForeignFileIsNotReadThrough) {
  const Restored restored = restore("monitors:\n  - host: example.org\n");
  EXPECT_EQ(restored.source, Source::kForeign);
  EXPECT_EQ(restore_messages(restored, "S").warning,
            "S is neither a state file nor results (line 1: it is not JSON)");
  std::string endless;
  for (std::size_t i = 0; i < limits::kMaxForeignLines; ++i) endless += "x\n";
  EXPECT_EQ(restore(endless + line("cache", down())).source, Source::kForeign);
}

TEST_F(RestoreTest, ANewerFileIsLeftAlone) {
  const Restored restored = restore("{\"tracer_state\":2}\n" + line("cache", down()));
  EXPECT_EQ(restored.source, Source::kNewer);
  EXPECT_EQ(restored.histories.at(1), History{});
  EXPECT_EQ(restore_messages(restored, "S").warning,
            "S is a state file of another version of tracer");
}

TEST_F(RestoreTest, ResultsMakeTheHistoryThatTheRunHad) {
  const std::string down = result(samples::refused(1));
  const std::string up = result(samples::redis_success(1));
  samples::Sample broken_off = samples::refused(1);
  broken_off.outcome().failure = engine::FailureCode::kLocalShutdown;
  const Restored restored = restore(up + down + "{\"monitor\":{\"id\":\"ca\n" + down +
                                    result(broken_off) + down.substr(0, 40));
  EXPECT_EQ(restored.source, Source::kResults);
  History expected;
  expected.observe(Verdict::kUp, samples::kStartedMs);
  expected.observe(Verdict::kDown, samples::kStartedMs);
  expected.observe(Verdict::kDown, samples::kStartedMs);
  EXPECT_EQ(restored.histories.at(1), expected);
  EXPECT_EQ(restored.monitors, 1U);
  const RestoreMessages messages = restore_messages(restored, "R");
  EXPECT_EQ(messages.note, "R: 1 monitor known from results");
  EXPECT_EQ(messages.warning, "R:3: it is not JSON; 2 damaged lines left out");
}

TEST_F(RestoreTest, TheFirstLineDecidesTheKind) {
  const std::string up = result(samples::redis_success(1));
  EXPECT_EQ(restore(up + line("web-1", down())).damaged, 1U);
  EXPECT_EQ(restore(up + line("web-1", down())).histories.at(0), History{});
  EXPECT_EQ(restore(header(1) + line("web-1", down()) + up).damaged, 1U);
  EXPECT_EQ(restore(header(1) + line("web-1", down()) + header(1)).damaged, 1U);
}

}  // namespace
}  // namespace tracer::cli
