#include "tools/tracer/load/load_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tracer::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kMs = 1'000'000;
constexpr Presentation kAscii{.unicode = false};

LoadTally sample_tally() {
  LoadTally tally;
  for (int i = 0; i < 3; ++i) {
    engine::Report report;
    report.verdict = engine::Verdict::kUp;
    report.outcome.times.connect_ns = kMs;
    report.outcome.times.total_ns = 2 * kMs;
    report.outcome.late_ns = 2 * kMs;
    tally.add(report, (1002 + 500 * i) * kMs);
  }
  engine::Report refused;
  refused.verdict = engine::Verdict::kDown;
  refused.failure = engine::FailureCode::kConnectionRefused;
  refused.outcome.failure_phase = engine::Phase::kConnect;
  refused.outcome.address = engine::IpAddress::parse("127.0.0.1").value();
  refused.outcome.times.total_ns = kMs;
  refused.outcome.set_detail("a\nb");
  tally.add(refused, 1501 * kMs);
  return tally;
}

LoadFacts sample_facts() {
  LoadFacts facts;
  facts.host = "127.0.0.1";
  facts.port = 8080;
  facts.options.rate = 2000;
  facts.options.count = 4;
  facts.in_flight = 100;
  facts.threads = 2;
  facts.started_unix_ms = 1'767'323'045'678;
  facts.cpu_ns = 100'000;
  return facts;
}

TEST(LoadReport, JsonHasEveryKeyOnce) {
  EXPECT_EQ(
      load_json(sample_tally(), sample_facts()),
      R"({"target":{"host":"127.0.0.1","port":8080,"tls":false,"starttls":null},)"
      R"("load":{"loop":"open","rate":2000,"concurrency":100,"count":4,"duration_ms":3600000,)"
      R"("warm_up_ms":0,"threads":2,"reset":false,"resumption":false},)"
      R"("started_at":"2026-01-02T03:04:05.678Z","interrupted":false,)"
      R"("connections":{"made":4,"succeeded":3,"failed":1,"cut":0,"missed":0,"without_port":0,)"
      R"("warm_up":0},"rate":3.000,"durations_ms":{"dns":null,)"
      R"("connect":{"count":3,"p50":1,"p90":1,"p99":1,"p99_9":1,"max":1},)"
      R"("starttls":null,"tls":null,"response":null,)"
      R"("total":{"count":3,"p50":2,"p90":2,"p99":2,"p99_9":2,"max":2},)"
      R"("latency":{"count":3,"p50":4,"p90":4,"p99":4,"p99_9":4,"max":4}},)"
      R"("failures":[{"code":"connection_refused","count":1,"phase":"connect",)"
      R"("address":"127.0.0.1","detail":"a\nb","hint":")" +
          std::string(engine::failure_info(engine::FailureCode::kConnectionRefused).remedy) +
          R"("}],"cpu_us_per_connection":25.000})"
          "\n");
}

TEST(LoadReport, AClosedLoopHasNoLatencyFromASchedule) {
  LoadFacts facts = sample_facts();
  facts.options.rate = 0;
  EXPECT_THAT(load_json(sample_tally(), facts),
              AllOf(HasSubstr(R"("loop":"closed","rate":null,)"), HasSubstr(R"("latency":null)")));
  EXPECT_THAT(load_text(sample_tally(), facts, kAscii),
              AllOf(HasSubstr("closed loop, 100 in flight"), HasSubstr("- a closed loop: "),
                    Not(HasSubstr("\nlatency"))));
}

TEST(LoadReport, TheTableForPeople) {
  const std::string text = load_text(sample_tally(), sample_facts(), kAscii);
  EXPECT_EQ(text.find("127.0.0.1:8080: connections, open loop, 2,000/s, at most 100 in flight, "
                      "2 threads\n"
                      "4 made: 3 succeeded, 1 failed; 3.0/s; 25.0 us of tracer's CPU each\n\n"
                      "               count       p50       p90       p99     p99.9       max\n"
                      "connect            3   1.00 ms   1.00 ms   1.00 ms   1.00 ms   1.00 ms\n"
                      "total              3   2.00 ms   2.00 ms   2.00 ms   2.00 ms   2.00 ms\n"
                      "latency            3   4.00 ms   4.00 ms   4.00 ms   4.00 ms   4.00 ms\n\n"
                      "        1  connection_refused  such as connect, 127.0.0.1: a\\nb\n\n"
                      "- latency is from the scheduled start"),
            0U)
      << text;
}

TEST(LoadReport, SaysWhatKeptItFromHoldingTheRate) {
  LoadFacts facts = sample_facts();
  EXPECT_THAT(load_text(sample_tally(), facts, kAscii), Not(HasSubstr("more were due")));
  facts.missed = 1234;
  EXPECT_THAT(load_text(sample_tally(), facts, kAscii),
              HasSubstr("1,234 more were due and could not be started in time, because this "
                        "machine does not keep up"));
  facts.held_ns[static_cast<std::size_t>(sched::Restraint::kSlots)] = 1;
  EXPECT_THAT(load_text(sample_tally(), facts, kAscii), HasSubstr("(--concurrency)"));
}

TEST(LoadReport, SaysWhenLocalPortsRanOut) {
  LoadTally tally = sample_tally();
  engine::Report report;
  report.verdict = engine::Verdict::kUnknown;
  report.failure = engine::FailureCode::kLocalResources;
  report.outcome.set_detail("connect: Cannot assign requested address");
  tally.add(report, 1501 * kMs);
  constexpr const char* kSaid = "too many connections from this machine to one port";
  EXPECT_THAT(load_text(tally, sample_facts(), kAscii), HasSubstr(kSaid));
  EXPECT_THAT(load_json(tally, sample_facts()), HasSubstr(R"("without_port":1)"));
  LoadFacts bound = sample_facts();
  bound.bound_source = true;  // then it may be the address that is not there
  EXPECT_THAT(load_text(tally, bound, kAscii), Not(HasSubstr(kSaid)));
}

TEST(LoadReport, HandshakesAreSaidToBeFullOnes) {
  LoadFacts facts = sample_facts();
  facts.host = "::1";
  facts.tls = true;
  facts.starttls = "smtp";
  EXPECT_THAT(load_text(sample_tally(), facts, kAscii),
              AllOf(HasSubstr("[::1]:8080: TLS handshakes after STARTTLS (smtp), "),
                    HasSubstr("no session is resumed")));
}

TEST(LoadReport, TheLineFitsTheTerminal) {
  LoadMoment moment;
  moment.elapsed_ns = 3000 * kMs;
  moment.rate = 20'012.4;
  moment.ended = 60'036;
  moment.in_flight = 98;
  EXPECT_EQ(load_line(moment, kAscii), "3.00 s  20,012/s  60,036 made  98 in flight");
  moment.failed = 12;
  moment.waiting = 5;
  moment.p50_ns = 85'000;
  moment.p99_ns = 1'200'000;
  EXPECT_EQ(load_line(moment, kAscii),
            "3.00 s  20,012/s  60,036 made, 12 failed  98 in flight, 5 wait  p50 85 us  "
            "p99 1.20 ms");
  Presentation narrow = kAscii;
  narrow.columns = 30;
  EXPECT_LE(load_line(moment, narrow).size(), 29U);
}

}  // namespace
}  // namespace tracer::cli
