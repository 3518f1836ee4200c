#include "tools/tracer/sinks/check_card.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ssl/certificate.h"
#include "tools/tracer/sinks/card_layout.h"
#include "tools/tracer/sinks/certificate_card.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

using engine::CheckPolicy;
using engine::Outcome;
using engine::Report;

void append_phases(CardLayout& card, const engine::PhaseTimes& times) {
  card.section("times");
  const auto phase = [&](std::string_view name, std::int64_t duration_ns) {
    if (duration_ns < 0) return;
    card.fact(name, padded_left(duration_text(duration_ns, card.presentation()), 7));
  };
  phase("dns", times.dns_ns);
  phase("connect", times.connect_ns);
  phase("starttls", times.starttls_ns);
  phase("tls", times.tls_ns);
  phase("response", times.response_ns);
  phase("total", times.total_ns);
}

void append_tls(CardLayout& card, const Report& report, const CheckPolicy& policy) {
  if (!policy.tls.enabled) return;
  const Outcome& outcome = report.outcome;
  card.section("tls");
  card.fact("negotiated", negotiated_text(outcome.tls, card.presentation()));
  card.painted_fact("trust", trust_text(report, policy, card.presentation()));
  if (outcome.chain == nullptr || outcome.chain->certificates.empty()) return;
  const ssl::CertificateFacts& leaf = outcome.chain->certificates.front();
  const std::int64_t now_s = outcome.started_unix_ms / 1000;
  card.fact("subject", printable(leaf.subject));
  card.fact("issuer", printable(leaf.issuer));
  card.painted_fact("valid", validity_text(leaf, now_s, card.presentation()));
  card.fact("key", key_text(leaf) + ", " + printable(leaf.signature_algorithm));
  if (outcome.chain->earliest_expiry_s >= leaf.not_after_s) return;
  const std::int64_t days = ssl::days_remaining(outcome.chain->earliest_expiry_s, now_s);
  card.fact("chain", "another certificate of it ends first: " + std::to_string(days) + " days left",
            days_paint(days));
}

void append_response(CardLayout& card, const Outcome& outcome, const CheckPolicy& policy) {
  if (!outcome.response_measured) return;
  card.section("response");
  card.fact("bytes", count_text(outcome.response_bytes));
  if (policy.exchange.expect != engine::ExchangePolicy::Expect::kNothing) {
    card.fact("expected", outcome.response_matched ? "found" : "not found",
              outcome.response_matched ? Paint::kGreen : Paint::kRed);
  }
  if (outcome.excerpt_length != 0) card.fact("begins", printable(outcome.excerpt_text()));
}

// The default assertion says nothing that the verdict does not.
void append_assertions(CardLayout& card, const Report& report, const CheckPolicy& policy) {
  if (policy.assertions.empty()) return;
  card.section("assertions");
  for (std::size_t index = 0; index < report.assertion_count; ++index) {
    const engine::Assertion& assertion = policy.assertions[index];
    const bool passed = report.assertions[index] == engine::AssertionState::kPassed;
    const bool warn = assertion.severity == engine::Assertion::Severity::kWarn;
    const engine::Verdict like = passed ? engine::Verdict::kUp
                                 : warn ? engine::Verdict::kDegraded
                                        : engine::Verdict::kDown;
    std::string text(assertion_type(assertion.subject));
    text += ": expected " + printable(expected_text(assertion));
    text += ", got " + printable(actual_text(assertion, report.outcome));
    card.line(verdict_mark(like, card.presentation()) + " " + text, verdict_paint(like));
  }
}

}  // namespace

std::string check_card(const Report& report, const engine::MonitorSet& monitors,
                       const Presentation& presentation) {
  const Outcome& outcome = report.outcome;
  const CheckPolicy& policy = monitors.policy(monitors.at(outcome.monitor));
  CardLayout card(presentation);
  card.title(target_text(report, monitors));
  const std::string verdict =
      verdict_mark(report.verdict, presentation) + " " + std::string(verdict_name(report.verdict));
  const std::string attempts =
      report.attempts > 1 ? " after " + std::to_string(report.attempts) + " attempts" : "";
  card.fact("verdict", verdict + attempts, verdict_paint(report.verdict));
  append_failure(card, report);
  append_phases(card, outcome.times);
  append_tls(card, report, policy);
  append_response(card, outcome, policy);
  append_assertions(card, report, policy);
  return card.take();
}

}  // namespace tracer::cli
