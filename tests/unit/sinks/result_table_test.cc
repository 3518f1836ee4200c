#include "tools/tracer/sinks/result_table.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sinks/sample_reports.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;
using samples::Sample;

class ResultTableTest : public testing::Test {
 protected:
  ResultTable table(const Presentation& presentation) const {
    return ResultTable(monitors_, presentation);
  }
  std::string row(const Sample& sample, const Presentation& presentation = {}) const {
    return table(presentation).row(sample.judged(monitors_));
  }

  engine::MonitorSet monitors_ =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
};

TEST_F(ResultTableTest, LinesStandUnderTheirHeader) {
  const std::string text = "\n" + table({}).header() + row(samples::tls_success(0)) +
                           row(samples::redis_success(1)) + row(samples::expired(0));
  EXPECT_EQ(text, R"(
VERDICT     NAME            ADDRESS                CONNECT      TLS    TOTAL  PROTOCOL     CERT
✔ up        web             192.0.2.10:443          200 µs  1.20 ms  1.50 ms  TLSv1.3      89 d
✔ up        127.0.0.1:6379  127.0.0.1:6379           50 µs        –   130 µs                  –
✘ down      web             192.0.2.10:443          200 µs  1.20 ms  1.50 ms  TLSv1.3      -3 d
    certificate_expired (tls): CN=example.org expired 3 days ago
)");
}

TEST_F(ResultTableTest, ANarrowTerminalLosesColumnsAndWrapsTexts) {
  Presentation narrow;
  narrow.columns = 72;
  Sample sample = samples::refused(0);
  sample.outcome().attempt = 3;
  const std::string text =
      table(narrow).header() + row(sample, narrow) + table(narrow).hint(FailureCode::kTlsNotTls);
  EXPECT_EQ(text, R"(VERDICT     NAME            ADDRESS                  TOTAL     CERT
✘ down      web             [2001:db8::1]:443        90 µs        –
    connection_refused (connect) after 3 attempts: The host answered
    that nothing accepts connections on this port.
    hint: Check the port; set tls.starttls where the service upgrades a
    clear connection, or tls: false where it has no TLS.
)");
}

TEST_F(ResultTableTest, NoLineOfANarrowTableIsWiderThanTheTerminal) {
  engine::MonitorSpec spec = samples::redis_monitor();
  spec.name = "日本語の名前がとても長いサービスです日本語の名前がとても長い";
  const engine::MonitorSet monitors = samples::monitor_set({spec});
  const Sample sample = samples::redis_success(0);
  for (int columns = 50; columns < 130; ++columns) {
    Presentation presentation;
    presentation.columns = columns;
    const ResultTable table(monitors, presentation);
    const std::string text = table.header() + table.row(sample.judged(monitors));
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
      EXPECT_LE(display_width(text.substr(begin, end - begin)), columns) << text;
      begin = end + 1;
    }
  }
}

TEST_F(ResultTableTest, EveryFailedAssertionIsNamed) {
  Sample slow = samples::tls_success(0);
  slow.outcome().times.total_ns = 700'000'000;
  const std::string text = row(slow);
  EXPECT_NE(text.find("▲ degraded  web"), text.npos);
  EXPECT_NE(text.find("    assertion_failed: response_time: expected less_than 500, got 700 "
                      "(warning)\n"),
            text.npos);
}

TEST_F(ResultTableTest, AFailureThatWasWantedIsNoTrouble) {
  engine::MonitorSpec spec = samples::redis_monitor();
  spec.policy.should_fail = true;
  const engine::MonitorSet monitors = samples::monitor_set({spec});
  const Sample sample = samples::refused(0);
  const std::string text = ResultTable(monitors, {}).row(sample.judged(monitors));
  EXPECT_NE(text.find("✔ up"), text.npos);
  EXPECT_NE(text.find("    failed as expected: connection_refused\n"), text.npos);
}

TEST_F(ResultTableTest, ColoursAreAddedToTheSameText) {
  Presentation colourful;
  colourful.colour = true;
  const std::string text = row(samples::expired(0), colourful);
  EXPECT_EQ(text.find("\x1b[31m✘ down    \x1b[0m  web"), 0U);
  EXPECT_NE(text.find("\x1b[31m   -3 d\x1b[0m\n"), text.npos);
}

TEST_F(ResultTableTest, AsciiWhereTheLocaleHasNothingElse) {
  Presentation ascii;
  ascii.unicode = false;
  const std::string text = table(ascii).header() + row(samples::redis_success(1), ascii) +
                           row(samples::refused(0), ascii);
  for (const char letter : text) EXPECT_EQ(static_cast<unsigned char>(letter) & 0x80U, 0U);
  EXPECT_NE(text.find("+ up"), text.npos);
  EXPECT_NE(text.find("x down"), text.npos);
}

TEST_F(ResultTableTest, WhatAServerSaysCannotSteerTheTerminal) {
  engine::MonitorSpec spec = samples::redis_monitor();
  spec.name = "evil\x1b[2J";
  const engine::MonitorSet monitors = samples::monitor_set({spec});
  Sample sample = samples::refused(0);
  sample.outcome().set_detail("220 \x1b]0;owned\x07\r\n");
  const std::string text = ResultTable(monitors, {}).row(sample.judged(monitors));
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_EQ(text.find('\x07'), text.npos);
  EXPECT_EQ(text.find('\r'), text.npos);
  EXPECT_NE(text.find("220 \\x1b]0;owned\\x07\\r\\n"), text.npos);
}

TEST(TallyTest, SummaryCountsVerdictsAndReasons) {
  const engine::MonitorSet monitors =
      samples::monitor_set({samples::tls_monitor(), samples::redis_monitor()});
  Tally tally;
  EXPECT_EQ(tally.summary(0, 0, {}), "0 checked in 0 µs: 0 up\n");
  const auto add = [&](const Sample& sample) { tally.add(sample.judged(monitors)); };
  for (int count = 0; count < 1200; ++count) add(samples::redis_success(1));
  add(samples::expired(0));
  add(samples::refused(0));
  add(samples::refused(1));
  Sample ours = samples::refused(1);
  ours.outcome().failure = FailureCode::kLocalResources;
  add(ours);
  EXPECT_EQ(tally.not_up(), 4U);
  EXPECT_EQ(tally.summary(1204, 4'200'000'000, {}),
            "1,204 checked in 4.20 s: 1,200 up, 3 down, 1 unknown\n"
            "        2  connection_refused\n"
            "        1  certificate_expired\n"
            "        1  local_resources\n");
  EXPECT_EQ(tally.summary(2000, 4'200'000'000, {}).find("1,204 of 2,000 checked in"), 0U);
}

}  // namespace
}  // namespace tracer::cli
