#include "tools/tracer/sinks/report_facts.h"

#include <cstddef>
#include <utility>

#include "engine/probe_facts.h"
#include "ssl/protocol.h"

namespace tracer::cli {

using engine::FailureCode;

std::string failure_code_text(const engine::Report& report) {
  std::string text(engine::failure_info(report.failure).name);
  if (report.failure == FailureCode::kTlsAlert) {
    text += '(';
    text += ssl::alert_name(report.outcome.tls.alert);
    text += ')';
  }
  return text;
}

std::string_view failure_phase_text(const engine::Report& report) {
  if (report.failure == FailureCode::kAssertionFailed) return phase_name(engine::Phase::kVerdict);
  const engine::Phase phase = report.outcome.failure_phase;
  return phase == engine::Phase::kNone ? std::string_view() : phase_name(phase);
}

std::string_view failure_detail_text(const engine::Report& report) {
  const std::string_view detail = report.outcome.detail_text();
  return detail.empty() ? engine::failure_info(report.failure).cause : detail;
}

FailureCode chain_error(ssl::ChainProblems problems) {
  constexpr auto kName = static_cast<ssl::ChainProblems>(ssl::ChainProblem::kNameMismatch);
  const auto of_chain = static_cast<ssl::ChainProblems>(problems & ~kName);
  return engine::failure_from_judgement(of_chain, engine::TlsPolicy{});
}

std::vector<std::string> failed_assertions(const engine::Report& report,
                                           const engine::MonitorSet& monitors) {
  using engine::Assertion;
  std::vector<std::string> texts;
  const auto& assertions =
      effective_assertions(monitors.policy(monitors.at(report.outcome.monitor)));
  for (std::size_t index = 0; index < report.assertion_count; ++index) {
    if (report.assertions[index] == engine::AssertionState::kPassed) continue;
    const Assertion& assertion = assertions[index];
    std::string text(assertion_type(assertion.subject));
    text += ": expected " + expected_text(assertion);
    text += ", got " + actual_text(assertion, report.outcome);
    if (assertion.severity == Assertion::Severity::kWarn) text += " (warning)";
    texts.push_back(std::move(text));
  }
  return texts;
}

bool is_verified(const engine::Outcome& outcome, const engine::CheckPolicy& policy) {
  const engine::TlsFacts& tls = outcome.tls;
  return policy.tls.verify && tls.completed && tls.judged && tls.chain_valid && tls.name_matches;
}

std::string fingerprint_text(const ssl::CertificateFacts& certificate, std::string_view separator) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : certificate.fingerprint_sha256) {
    if (!text.empty()) text += separator;
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

}  // namespace tracer::cli
