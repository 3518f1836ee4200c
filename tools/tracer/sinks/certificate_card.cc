#include "tools/tracer/sinks/certificate_card.h"

#include <cstdint>
#include <string_view>

#include "ssl/certificate.h"
#include "ssl/protocol.h"
#include "tools/tracer/sinks/report_facts.h"
#include "tools/tracer/sinks/tally.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/sinks/timestamp.h"

namespace tracer::cli {
namespace {

using engine::Outcome;
using engine::Report;
using ssl::CertificateFacts;

std::string moment_text(std::int64_t unix_s) {
  const Timestamp time = timestamp(unix_s * 1000);
  if (time.length == 0) return "a year beyond 9999";
  const std::string_view text = time.with_milliseconds();
  return std::string(text.substr(0, 10)) + " " + std::string(text.substr(11, 8)) + " UTC";
}

std::string days_text(std::int64_t expiry_s, std::int64_t now_s) {
  const std::int64_t days = ssl::days_remaining(expiry_s, now_s);
  const auto counted = [](std::int64_t number) {
    return std::to_string(number) + (number == 1 ? " day" : " days");
  };
  if (expiry_s >= now_s) return counted(days) + " left";
  return days == 0 ? "expired today" : "expired " + counted(-days) + " ago";
}

std::string names_text(const CertificateFacts& facts) {
  std::string text;
  for (const std::string& san : facts.sans) {
    if (!text.empty()) text += ", ";
    text += printable(san);
  }
  return text;
}

std::string role_text(std::size_t index, const CertificateFacts& facts) {
  if (index == 0) return facts.self_issued ? "leaf, self-issued" : "leaf";
  if (facts.self_issued) return "root";
  return facts.is_ca ? "intermediate" : "not a CA";
}

void append_certificate(CardLayout& card, std::size_t index, const CertificateFacts& facts,
                        std::int64_t now_s) {
  const Presentation& look = card.presentation();
  const std::string subject = facts.subject.empty() ? "(no subject)" : printable(facts.subject);
  card.heading(std::to_string(index) + " " + subject, role_text(index, facts));
  card.fact("issuer", printable(facts.issuer));
  card.painted_fact("valid", validity_text(facts, now_s, look));
  if (!facts.sans.empty()) card.fact("names", names_text(facts));
  card.fact("key", key_text(facts));
  card.fact("signature", printable(facts.signature_algorithm));
  card.fact("serial", printable(facts.serial));
  card.fact("SHA-256", fingerprint_text(facts, ""));
}

}  // namespace

std::string negotiated_text(const engine::TlsFacts& tls, const Presentation& presentation) {
  if (tls.protocol == 0) return presentation.unicode ? "\u2013" : "-";
  std::string text = ssl::protocol_name(tls.protocol);
  if (tls.cipher_suite != 0) text += ", " + ssl::cipher_suite_name(tls.cipher_suite);
  if (tls.group != 0) text += ", " + ssl::group_name(tls.group);
  const std::string_view alpn = tls.alpn.data();
  if (!alpn.empty()) text += ", ALPN " + printable(alpn);
  return text;
}

std::string trust_text(const Report& report, const engine::CheckPolicy& policy,
                       const Presentation& presentation) {
  const engine::TlsFacts& tls = report.outcome.tls;
  if (!tls.judged) return painted("not judged: no certificate arrived", Paint::kDim, presentation);
  const bool good = tls.chain_valid && tls.name_matches;
  std::string text =
      verdict_mark(good ? engine::Verdict::kUp : engine::Verdict::kDown, presentation) + " ";
  const engine::FailureCode problem = chain_error(tls.problems);
  if (tls.chain_valid) {
    text += "the chain is trusted";
  } else if (problem == engine::FailureCode::kNone || problem == report.failure) {
    text += "the chain is not trusted";  // the failure beneath says why
  } else {
    text += engine::failure_info(problem).name;
  }
  text += tls.name_matches ? ", the name matches" : ", the name does not match";
  const bool accepted = !good && report.outcome.connected();
  if (!policy.tls.verify) {
    text += " (not enforced: verify is off)";
  } else if (accepted && policy.tls.skip_hostname_verify) {
    text += " (accepted: skip_hostname_verify is on)";
  }
  return painted(text, good ? Paint::kGreen : Paint::kRed, presentation);
}

std::string validity_text(const CertificateFacts& facts, std::int64_t now_s,
                          const Presentation& presentation) {
  const std::string span =
      moment_text(facts.not_before_s) + " to " + moment_text(facts.not_after_s);
  if (now_s < facts.not_before_s) {
    return span + ", " + painted("not valid yet", Paint::kRed, presentation);
  }
  const std::int64_t days = ssl::days_remaining(facts.not_after_s, now_s);
  return span + ", " + painted(days_text(facts.not_after_s, now_s), days_paint(days), presentation);
}

std::string key_text(const CertificateFacts& facts) {
  std::string text(key_type_name(facts.key_type));
  if (!facts.key_curve.empty()) text += " " + facts.key_curve;
  if (facts.key_bits != 0) text += ", " + std::to_string(facts.key_bits) + " bits";
  return text;
}

void append_chain(CardLayout& card, const ssl::ChainReport& chain, std::int64_t now_s) {
  for (std::size_t index = 0; index < chain.certificates.size(); ++index) {
    append_certificate(card, index, chain.certificates[index], now_s);
  }
}

void append_notes(CardLayout& card, const ssl::ChainReport& chain, std::string_view told) {
  for (const std::string& sentence : chain.nonconformities) {
    if (sentence == told) continue;
    card.fact("note", printable(sentence), Paint::kYellow);
  }
}

std::string certificate_card(const Report& report, const engine::MonitorSet& monitors,
                             const Presentation& presentation) {
  const Outcome& outcome = report.outcome;
  const engine::CheckPolicy& policy = monitors.policy(monitors.at(outcome.monitor));
  CardLayout card(presentation);
  card.title(target_text(report, monitors));
  card.fact("TLS", negotiated_text(outcome.tls, presentation));
  card.painted_fact("trust", trust_text(report, policy, presentation));
  append_failure(card, report);
  if (outcome.tls.ocsp != ssl::OcspStatus::kNone) {
    card.fact("ocsp", ssl::ocsp_status_name(outcome.tls.ocsp));
  }
  if (outcome.chain == nullptr) return card.take();
  append_notes(card, *outcome.chain, outcome.detail_text());
  append_chain(card, *outcome.chain, outcome.started_unix_ms / 1000);
  return card.take();
}

}  // namespace tracer::cli
