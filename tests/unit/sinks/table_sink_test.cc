#include "tools/tracer/sinks/table_sink.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sinks/captured_output.h"
#include "tests/unit/sinks/manual_clock.h"
#include "tests/unit/sinks/sample_reports.h"
#include "tools/tracer/sinks/sink_list.h"

namespace tracer::cli {
namespace {

using samples::Sample;

class TableSinkTest : public testing::Test {
 protected:
  TableSink sink(std::uint64_t expected, Presentation presentation = {},
                 ProgressSink* progress = nullptr) {
    return TableSink({output_.descriptor(), expected, presentation, progress}, monitors_, clock_);
  }
  void write(sched::ReportSink& sink, const Sample& sample) {
    const engine::Report report = sample.judged(monitors_);
    sink.write({&report, 1});
  }
  static std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
  }

  CapturedOutput output_;
  ManualClock clock_;
  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
};

TEST_F(TableSinkTest, AFewAreShownInTheDocumentsOrderAtTheEnd) {
  TableSink table = sink(2);
  write(table, samples::redis_success(1));
  table.tick();
  EXPECT_EQ(output_.text(), "");
  write(table, samples::tls_success(0));
  clock_.advance_ms(1500);
  EXPECT_TRUE(table.finish().has_value());
  const std::string text = output_.text();
  EXPECT_EQ(text.find("VERDICT"), 0U);
  EXPECT_LT(text.find("web "), text.find("127.0.0.1:6379"));
  EXPECT_NE(text.find("\n\n2 checked in 1.50 s: 2 up\n"), text.npos);
}

TEST_F(TableSinkTest, AHintIsGivenOnceForEveryCode) {
  TableSink table = sink(3);
  write(table, samples::refused(0));
  write(table, samples::refused(1));
  write(table, samples::expired(0));
  EXPECT_TRUE(table.finish().has_value());
  const std::string text = output_.text();
  EXPECT_EQ(count(text, "connection_refused (connect)"), 2U);
  EXPECT_EQ(count(text, "hint: Check that the service is running"), 1U);
  EXPECT_EQ(count(text, "hint: Renew"), 1U);
}

TEST_F(TableSinkTest, OfManyOnlyWhatIsNotUpIsShownAndAtOnce) {
  TableSink table = sink(160);
  for (int done = 0; done < 159; ++done) write(table, samples::redis_success(1));
  table.tick();
  EXPECT_EQ(output_.text(), "");
  write(table, samples::refused(0));
  table.tick();
  EXPECT_EQ(count(output_.text(), "✘ down"), 1U);
  EXPECT_TRUE(table.finish().has_value());
  EXPECT_EQ(count(output_.text(), "✔ up"), 0U);
  EXPECT_EQ(count(output_.text(), "160 checked in 0 µs: 159 up, 1 down\n"), 1U);
}

TEST_F(TableSinkTest, AllOfManyWhenAsked) {
  Presentation all;
  all.all = true;
  TableSink table = sink(160, all);
  for (int done = 0; done < 160; ++done) write(table, samples::redis_success(1));
  EXPECT_TRUE(table.finish().has_value());
  EXPECT_EQ(count(output_.text(), "✔ up"), 160U);
}

TEST_F(TableSinkTest, AFloodOfFailuresIsBounded) {
  TableSink table = sink(5000);
  const Sample refused = samples::refused(0);
  for (int done = 0; done < 5000; ++done) write(table, refused);
  EXPECT_TRUE(table.finish().has_value());
  EXPECT_EQ(count(output_.text(), "✘ down"), TableSink::kMostShown);
  EXPECT_EQ(count(output_.text(), "and 4,000 more that are not up (--all shows them)\n"), 1U);
  EXPECT_EQ(count(output_.text(), "    5,000  connection_refused\n"), 1U);
}

TEST_F(TableSinkTest, QuietSaysNothing) {
  Presentation quiet;
  quiet.quiet = true;
  TableSink table = sink(2, quiet);
  write(table, samples::refused(0));
  EXPECT_TRUE(table.finish().has_value());
  EXPECT_EQ(output_.text(), "");
  EXPECT_EQ(table.tally().not_up(), 1U);
}

TEST_F(TableSinkTest, ProgressMakesWayForLines) {
  CapturedOutput terminal;
  Presentation wide;
  wide.columns = 100;
  ProgressSink progress(terminal.descriptor(), 160, wide, clock_);
  TableSink table = sink(160, {}, &progress);
  SinkList both({&progress, &table});
  clock_.advance_ms(2000);
  write(both, samples::redis_success(1));
  both.tick();
  const std::string drawn = terminal.text();
  EXPECT_EQ(drawn, "\r" + progress_line({1, 160, 0, 2'000'000'000}, wide) + "\x1b[K");
  write(both, samples::refused(0));
  table.tick();
  EXPECT_EQ(terminal.text(), drawn + "\r\x1b[K");
  EXPECT_EQ(count(output_.text(), "✘ down"), 1U);
  EXPECT_TRUE(both.finish().has_value());
  EXPECT_EQ(terminal.text(), drawn + "\r\x1b[K");  // erased once: nothing was drawn since
}

TEST(ProgressSinkTest, WorkThatIsSoonDoneShowsNoBar) {
  CapturedOutput terminal;
  ManualClock clock;
  ProgressSink progress(terminal.descriptor(), 10, {}, clock);
  clock.advance_ms(999);
  progress.tick();
  EXPECT_TRUE(progress.finish().has_value());
  EXPECT_EQ(terminal.text(), "");
}

TEST(ProgressSinkTest, IsDrawnTenTimesASecondAtMostAndErasedAtTheEnd) {
  CapturedOutput terminal;
  ManualClock clock;
  Presentation look;
  look.columns = 80;
  ProgressSink progress(terminal.descriptor(), 10, look, clock);
  clock.advance_ms(1000);
  progress.tick();
  const std::size_t once = terminal.text().size();
  clock.advance_ms(99);
  progress.tick();
  EXPECT_EQ(terminal.text().size(), once);
  clock.advance_ms(1);
  progress.tick();
  EXPECT_GT(terminal.text().size(), once);
  EXPECT_TRUE(progress.finish().has_value());
  const std::string text = terminal.text();
  EXPECT_EQ(text.substr(text.size() - 4), "\r\x1b[K");
}

TEST(ProgressSinkTest, LineTellsDoneRateAndFailures) {
  Presentation look;
  look.columns = 80;
  EXPECT_EQ(progress_line({12'345, 20'000, 12, 4'100'000'000}, look),
            "██████████████░░░░░░░░░░ 12,345/20,000  61%  3,011/s  12 not up");
  look.columns = 45;
  EXPECT_EQ(progress_line({12'345, 20'000, 12, 4'100'000'000}, look),
            "12,345/20,000  61%  3,011/s  12 not up");
  look.columns = 21;
  EXPECT_EQ(progress_line({12'345, 20'000, 12, 4'100'000'000}, look), "12,345/20,000  61% …");
  EXPECT_EQ(progress_line({0, 0, 0, 0}, {}), "████████████████████████ 0/0  100%  0/s");
}

}  // namespace
}  // namespace tracer::cli
