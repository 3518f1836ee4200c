#include "engine/assertion.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/measurement.h"
#include "engine/outcome.h"
#include "ssl/certificate.h"
#include "ssl/cipher_suites.h"
#include "ssl/protocol.h"

namespace tracer::engine {
namespace {

using Subject = Assertion::Subject;
using Operator = Assertion::Operator;
using State = AssertionState;

State passed_if(bool holds) { return holds ? State::kPassed : State::kFailed; }

State evaluate_number(const Assertion& assertion, double actual) {
  switch (assertion.comparison) {
    case Operator::kEquals:
      return passed_if(actual == assertion.number);
    case Operator::kLessThan:
      return passed_if(actual < assertion.number);
    case Operator::kGreaterThan:
      return passed_if(actual > assertion.number);
    case Operator::kAtLeast:
      return passed_if(actual >= assertion.number);
    default:
      return State::kFailed;
  }
}

template <typename Predicate>
bool any_value(const Assertion& assertion, Predicate predicate) {
  return std::any_of(assertion.values.begin(), assertion.values.end(), predicate);
}

bool contains_every(const Assertion& assertion, std::string_view text) {
  return !assertion.values.empty() &&
         std::all_of(assertion.values.begin(), assertion.values.end(),
                     [&](const std::string& value) { return text.find(value) != text.npos; });
}

// An assertion that an importer left without values must not pass by saying nothing.
bool has_operand(const Assertion& assertion) {
  return assertion.comparison == Operator::kMatches ? assertion.pattern != nullptr
                                                    : !assertion.values.empty();
}

State evaluate_text(const Assertion& assertion, std::string_view text) {
  if (!has_operand(assertion)) return State::kFailed;
  const auto equals = [&](const std::string& value) { return text == value; };
  const auto found = [&](const std::string& value) { return text.find(value) != text.npos; };
  switch (assertion.comparison) {
    case Operator::kEquals:
    case Operator::kIn:
      return passed_if(any_value(assertion, equals));
    case Operator::kNotIn:
      return passed_if(!any_value(assertion, equals));
    case Operator::kContains:
      return passed_if(contains_every(assertion, text));
    case Operator::kNotContains:
      return passed_if(!any_value(assertion, found));
    case Operator::kMatches:
      return passed_if(assertion.pattern->matches(text));
    default:
      return State::kFailed;
  }
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view without_san_prefix(std::string_view san) {
  const std::size_t colon = san.find(':');
  return colon == san.npos ? san : san.substr(colon + 1);
}

// DNS names compare without regard to case (RFC 4343).
bool san_equals(std::string_view san, std::string_view value) {
  return equal_ignoring_case(san, value) || equal_ignoring_case(without_san_prefix(san), value);
}

bool san_holds(const Assertion& assertion, const std::string& san) {
  const auto equals = [&](const std::string& value) { return san_equals(san, value); };
  const auto found = [&](const std::string& value) { return san.find(value) != san.npos; };
  switch (assertion.comparison) {
    case Operator::kEquals:
    case Operator::kIn:
    case Operator::kNotIn:
      return any_value(assertion, equals);
    case Operator::kContains:
      return contains_every(assertion, san);
    case Operator::kNotContains:
      return any_value(assertion, found);
    case Operator::kMatches:
      return assertion.pattern->matches(without_san_prefix(san)) || assertion.pattern->matches(san);
    default:
      return false;
  }
}

// Any one name is enough; the negative operators ask that no name holds.
State evaluate_sans(const Assertion& assertion, const ssl::CertificateFacts& leaf) {
  if (!has_operand(assertion)) return State::kFailed;
  const bool any = std::any_of(leaf.sans.begin(), leaf.sans.end(),
                               [&](const std::string& san) { return san_holds(assertion, san); });
  const bool negative =
      assertion.comparison == Operator::kNotIn || assertion.comparison == Operator::kNotContains;
  return passed_if(any != negative);
}

// Tools print fingerprints with and without colons, in either case: all mean the same.
bool fingerprint_equals(std::string_view digits, std::string_view value) {
  std::size_t at = 0;
  for (const char letter : value) {
    if (letter == ':') continue;
    if (at == digits.size() || lower(letter) != digits[at]) return false;
    ++at;
  }
  return at == digits.size();
}

State evaluate_fingerprint(const Assertion& assertion, const ssl::CertificateFacts& leaf) {
  const FingerprintText text = fingerprint_text(leaf);
  const std::string_view digits(text.data(), text.size());
  if (!has_operand(assertion)) return State::kFailed;
  const bool any = any_value(
      assertion, [&](const std::string& value) { return fingerprint_equals(digits, value); });
  switch (assertion.comparison) {
    case Operator::kEquals:
    case Operator::kIn:
      return passed_if(any);
    case Operator::kNotIn:
      return passed_if(!any);
    default:
      return evaluate_text(assertion, digits);
  }
}

State evaluate_cipher(const Assertion& assertion, std::uint16_t cipher_suite) {
  const std::string_view name = ssl::known_cipher_suite(cipher_suite);
  if (!name.empty()) return evaluate_text(assertion, name);
  return evaluate_text(assertion, ssl::cipher_suite_name(cipher_suite));  // "0x1301": no heap
}

State evaluate_addresses(const Assertion& assertion, const Outcome& outcome) {
  if (assertion.networks.empty()) return State::kFailed;
  const bool inside =
      std::any_of(assertion.networks.begin(), assertion.networks.end(),
                  [&](const Network& network) { return network.contains(outcome.address); });
  switch (assertion.comparison) {
    case Operator::kEquals:
    case Operator::kIn:
      return passed_if(inside);
    case Operator::kNotIn:
      return passed_if(!inside);
    default:
      return State::kFailed;
  }
}

}  // namespace

AssertionState evaluate(const Assertion& assertion, const Outcome& outcome) {
  const Subject subject = assertion.subject;
  if (!is_measured(subject, outcome)) return State::kUnmeasured;
  if (is_numeric(subject)) return evaluate_number(assertion, measured_number(subject, outcome));
  switch (subject) {
    case Subject::kConnection:
      return evaluate_text(assertion, connection_text(outcome));
    case Subject::kTlsVersion:
      return evaluate_text(assertion, ssl::protocol_name(outcome.tls.protocol));
    case Subject::kCipher:
      return evaluate_cipher(assertion, outcome.tls.cipher_suite);
    case Subject::kCertificateSubject:
      return evaluate_text(assertion, measured_leaf(outcome)->subject);
    case Subject::kCertificateIssuer:
      return evaluate_text(assertion, measured_leaf(outcome)->issuer);
    case Subject::kCertificateSan:
      return evaluate_sans(assertion, *measured_leaf(outcome));
    case Subject::kCertificateFingerprint:
      return evaluate_fingerprint(assertion, *measured_leaf(outcome));
    case Subject::kCertificateChainValid:
      return evaluate_text(assertion, outcome.tls.chain_valid ? "true" : "false");
    case Subject::kResponse:
      return evaluate_text(assertion, outcome.response_text());
    case Subject::kIp:
      return evaluate_addresses(assertion, outcome);
    default:
      return State::kFailed;
  }
}

}  // namespace tracer::engine
