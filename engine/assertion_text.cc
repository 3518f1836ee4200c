#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "engine/assertion.h"
#include "engine/measurement.h"
#include "ssl/protocol.h"

namespace tracer::engine {
namespace {

using Subject = Assertion::Subject;
using Operator = Assertion::Operator;

std::string_view operator_name(Operator comparison) {
  switch (comparison) {
    case Operator::kEquals:
      return "equals";
    case Operator::kLessThan:
      return "less_than";
    case Operator::kGreaterThan:
      return "greater_than";
    case Operator::kAtLeast:
      return "at_least";
    case Operator::kIn:
      return "in";
    case Operator::kNotIn:
      return "not_in";
    case Operator::kMatches:
      return "matches";
    case Operator::kContains:
      return "contains";
    case Operator::kNotContains:
      return "not_contains";
  }
  return "equals";
}

// What the type alone does not say: which phase, which certificate, which field of it.
std::string_view facet(Subject subject) {
  switch (subject) {
    case Subject::kTimeDns:
      return "dns ";
    case Subject::kTimeConnect:
      return "connect ";
    case Subject::kTimeTls:
      return "tls ";
    case Subject::kTimeResponse:
      return "response ";
    case Subject::kExpiryLeaf:
      return "leaf ";
    case Subject::kCertificateSubject:
      return "subject ";
    case Subject::kCertificateIssuer:
      return "issuer ";
    case Subject::kCertificateSan:
      return "san ";
    case Subject::kCertificateFingerprint:
      return "fingerprint_sha256 ";
    case Subject::kCertificateKeyBits:
      return "key_bits ";
    case Subject::kCertificateChainValid:
      return "chain_valid ";
    default:
      return "";
  }
}

// At most three decimals: a microsecond is as much as a person or a graph can use.
std::string number_text(double value) {
  std::array<char, 64> buffer{};
  const double rounded = std::abs(value) < 1e12 ? std::round(value * 1000) / 1000 : value;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), rounded);
  return {buffer.data(), end.ptr};
}

template <typename Range, typename Text>
std::string joined(const Range& range, Text text_of) {
  std::string text;
  for (const auto& item : range) {
    if (!text.empty()) text += ", ";
    text += text_of(item);
  }
  return text;
}

std::string itself(const std::string& text) { return text; }

std::string operand_text(const Assertion& assertion) {
  if (is_numeric(assertion.subject)) return number_text(assertion.number);
  if (assertion.subject == Subject::kIp) {
    return "[" + joined(assertion.networks, [](const Network& it) { return it.to_string(); }) + "]";
  }
  if (assertion.comparison == Operator::kMatches) {
    return assertion.pattern == nullptr ? "" : assertion.pattern->text();
  }
  const bool list = assertion.comparison == Operator::kIn ||
                    assertion.comparison == Operator::kNotIn || assertion.values.size() != 1;
  const std::string values = joined(assertion.values, itself);
  return list ? "[" + values + "]" : values;
}

}  // namespace

std::string_view assertion_type(Subject subject) {
  switch (subject) {
    case Subject::kConnection:
      return "connection";
    case Subject::kTimeDns:
    case Subject::kTimeConnect:
    case Subject::kTimeTls:
    case Subject::kTimeResponse:
    case Subject::kTimeTotal:
      return "response_time";
    case Subject::kExpiryChain:
    case Subject::kExpiryLeaf:
      return "certificate_expiry";
    case Subject::kTlsVersion:
      return "tls_version";
    case Subject::kCipher:
      return "cipher";
    case Subject::kCertificateSubject:
    case Subject::kCertificateIssuer:
    case Subject::kCertificateSan:
    case Subject::kCertificateFingerprint:
    case Subject::kCertificateKeyBits:
    case Subject::kCertificateChainValid:
      return "certificate";
    case Subject::kResponse:
      return "response";
    case Subject::kIp:
      return "ip";
  }
  return "connection";
}

std::string expected_text(const Assertion& assertion) {
  std::string text(facet(assertion.subject));
  const bool plain_status = assertion.subject == Subject::kConnection ||
                            assertion.subject == Subject::kCertificateChainValid;
  if (!plain_status) {
    text += operator_name(assertion.comparison);
    text += ' ';
  }
  return text + operand_text(assertion);
}

std::string actual_text(const Assertion& assertion, const Outcome& outcome) {
  const Subject subject = assertion.subject;
  if (!is_measured(subject, outcome)) return "not_measured";
  if (is_numeric(subject)) return number_text(measured_number(subject, outcome));
  switch (subject) {
    case Subject::kConnection:
      return std::string(connection_text(outcome));
    case Subject::kTlsVersion:
      return ssl::protocol_name(outcome.tls.protocol);
    case Subject::kCipher:
      return ssl::cipher_suite_name(outcome.tls.cipher_suite);
    case Subject::kCertificateSubject:
      return measured_leaf(outcome)->subject;
    case Subject::kCertificateIssuer:
      return measured_leaf(outcome)->issuer;
    case Subject::kCertificateSan:
      return joined(measured_leaf(outcome)->sans, itself);
    case Subject::kCertificateFingerprint: {
      const FingerprintText text = fingerprint_text(*measured_leaf(outcome));
      return {text.data(), text.size()};
    }
    case Subject::kCertificateChainValid:
      return outcome.tls.chain_valid ? "true" : "false";
    case Subject::kResponse:
      return std::string(outcome.excerpt_text());
    case Subject::kIp:
      return outcome.address.to_string();
    default:
      return "not_measured";
  }
}

}  // namespace tracer::engine
