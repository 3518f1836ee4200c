#include "tools/tracer/sinks/report_json.h"

#include <cstdint>
#include <string_view>

#include "engine/starttls_protocol.h"
#include "ssl/protocol.h"
#include "tools/tracer/sinks/certificate_json.h"
#include "tools/tracer/sinks/json_text.h"
#include "tools/tracer/sinks/report_facts.h"

namespace tracer::cli {
namespace {

using engine::CheckPolicy;
using engine::Monitor;
using engine::MonitorSet;
using engine::Outcome;
using engine::Report;

void append_monitor(std::string& out, const MonitorSet& monitors, const Monitor& monitor) {
  JsonObject object(out);
  object.text("id", monitors.id(monitor));
  object.text("name", monitors.name(monitor));
  object.text("host", monitors.host(monitor));
  object.integer("port", monitor.port);
  object.key("labels") += '{';
  std::string_view separator;
  for (const auto& [key, value] : monitors.labels(monitor)) {
    out += separator;
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
    separator = ",";
  }
  out += '}';
  object.close();
}

void append_timings(std::string& out, const engine::PhaseTimes& times) {
  JsonObject object(out);
  const auto phase = [&](std::string_view name, std::int64_t duration_ns) {
    if (duration_ns < 0) {
      object.null(name);
    } else {
      append_json_milliseconds(object.key(name), duration_ns);
    }
  };
  phase("dns", times.dns_ns);
  phase("connect", times.connect_ns);
  phase("starttls", times.starttls_ns);
  phase("tls", times.tls_ns);
  phase("response", times.response_ns);
  phase("total", times.total_ns);
  object.close();
}

void append_failure(std::string& out, const Report& report) {
  if (report.failure == engine::FailureCode::kNone) {
    out += "null";
    return;
  }
  JsonObject object(out);
  object.text("code", failure_code_text(report));
  object.text_or_null("phase", failure_phase_text(report));
  object.text("detail", failure_detail_text(report));
  object.text("hint", engine::failure_info(report.failure).remedy);
  object.close();
}

void append_tls(std::string& out, const Outcome& outcome, const CheckPolicy& policy,
                std::string_view server_name) {
  if (!policy.tls.enabled) {
    out += "null";
    return;
  }
  const engine::TlsFacts& tls = outcome.tls;
  JsonObject object(out);
  const auto named = [&](std::string_view name, std::uint16_t value, auto name_of) {
    object.text_or_null(name, value == 0 ? std::string() : name_of(value));
  };
  const auto judged = [&](std::string_view name, bool value) {
    tls.judged ? object.boolean(name, value) : object.null(name);
  };
  named("protocol", tls.protocol, ssl::protocol_name);
  named("cipher", tls.cipher_suite, ssl::cipher_suite_name);
  named("group", tls.group, ssl::group_name);
  object.text_or_null("alpn", tls.alpn.data());
  object.text_or_null("server_name", server_name);
  const bool upgraded = policy.tls.starttls != engine::StarttlsProtocol::kNone;
  object.text_or_null("starttls", upgraded ? starttls_name(policy.tls.starttls) : "");
  judged("verified", is_verified(outcome, policy));
  judged("chain_valid", tls.chain_valid);
  const engine::FailureCode problem =
      tls.judged ? chain_error(tls.problems) : engine::FailureCode::kNone;
  const bool has_problem = problem != engine::FailureCode::kNone;
  object.text_or_null("chain_error", has_problem ? engine::failure_info(problem).name : "");
  judged("name_matches", tls.name_matches);
  judged("self_signed", tls.self_signed);
  object.text_or_null("ocsp", ssl::ocsp_status_name(tls.ocsp));
  object.close();
}

void append_response(std::string& out, const Outcome& outcome, const CheckPolicy& policy) {
  if (!outcome.response_measured) {
    out += "null";
    return;
  }
  JsonObject object(out);
  object.integer("bytes", outcome.response_bytes);
  const bool expected = policy.exchange.expect != engine::ExchangePolicy::Expect::kNothing;
  expected ? object.boolean("matched", outcome.response_matched) : object.null("matched");
  object.text("excerpt", outcome.excerpt_text());
  object.close();
}

void append_assertions(std::string& out, const Report& report, const CheckPolicy& policy) {
  out += '[';
  const auto& assertions = effective_assertions(policy);
  for (std::size_t index = 0; index < report.assertion_count; ++index) {
    const engine::Assertion& assertion = assertions[index];
    const bool warn = assertion.severity == engine::Assertion::Severity::kWarn;
    if (index != 0) out += ',';
    JsonObject object(out);
    object.text("type", assertion_type(assertion.subject));
    object.text("expected", expected_text(assertion));
    object.text("actual", actual_text(assertion, report.outcome));
    object.boolean("passed", report.assertions[index] == engine::AssertionState::kPassed);
    object.text("severity", warn ? "warn" : "fail");
    object.close();
  }
  out += ']';
}

}  // namespace

void append_report_json(std::string& out, const Report& report, const MonitorSet& monitors,
                        const Reporter& reporter) {
  const Outcome& outcome = report.outcome;
  const Monitor& monitor = monitors.at(outcome.monitor);
  const CheckPolicy& policy = monitors.policy(monitor);
  JsonObject object(out);
  append_monitor(object.key("monitor"), monitors, monitor);
  object.text("location", reporter.location);
  object.text_or_null("agent", reporter.agent);
  object.time("scheduled_at", outcome.scheduled_unix_ms);
  object.time("started_at", outcome.started_unix_ms);
  object.integer("attempts", report.attempts);
  object.text("verdict", verdict_name(report.verdict));
  object.text("status", outcome.connected() ? "success" : "failure");
  object.text_or_null("address", outcome.address.to_string());
  const std::int64_t family = outcome.address.family;
  family == 0 ? object.null("ip_family") : object.integer("ip_family", family);
  append_timings(object.key("timings_ms"), outcome.times);
  append_failure(object.key("failure"), report);
  append_tls(object.key("tls"), outcome, policy, monitors.text(monitor.server_name));
  append_certificate_json(object.key("certificate"), outcome.chain, outcome.tls.verified_expiry_s,
                          outcome.started_unix_ms / 1000);
  append_response(object.key("response"), outcome, policy);
  append_assertions(object.key("assertions"), report, policy);
  object.close();
}

}  // namespace tracer::cli
