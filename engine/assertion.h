// Assertions: what a monitor's owner expects of an outcome, and whether it held. Pure values and
// pure functions; any thread.
//
// Invariant: an assertion whose subject was not measured fails, and so does one that lacks the
// operand its operator needs; neither ever passes by default.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ip_address.h"
#include "engine/pattern.h"

namespace tracer::engine {

struct Outcome;

// One comparison. A document's entry with several operators becomes several of these.
struct Assertion {
  enum class Subject : std::uint8_t {
    kConnection,  // "success" or "failure", in `values[0]`
    kTimeDns,     // milliseconds, against `number`
    kTimeConnect,
    kTimeTls,
    kTimeResponse,
    kTimeTotal,
    kExpiryChain,  // days, against `number`
    kExpiryLeaf,
    kTlsVersion,  // "TLSv1.3", against `values`
    kCipher,
    kCertificateSubject,  // text, against `values` or `pattern`
    kCertificateIssuer,
    kCertificateSan,  // any SAN; compared with and without its "DNS:" or "IP:" prefix
    kCertificateFingerprint,
    kCertificateKeyBits,     // against `number`
    kCertificateChainValid,  // "true" or "false", in `values[0]`
    kResponse,
    kIp,  // against `networks`
  };
  // Over texts: kEquals and kIn hold for any of `values`, kNotIn and kNotContains for none of them,
  // kContains for all.
  enum class Operator : std::uint8_t {
    kEquals,
    kLessThan,
    kGreaterThan,
    kAtLeast,
    kIn,
    kNotIn,
    kMatches,
    kContains,
    kNotContains,
  };
  enum class Severity : std::uint8_t { kFail, kWarn };

  Subject subject = Subject::kConnection;
  Operator comparison = Operator::kEquals;
  Severity severity = Severity::kFail;
  double number = 0;
  std::vector<std::string> values;
  std::shared_ptr<const Pattern> pattern;
  std::vector<Network> networks;
};

enum class AssertionState : std::uint8_t { kPassed, kFailed, kUnmeasured };

// Days remaining are counted from the outcome's start. A failure of ours leaves the connection not
// measured: it says nothing about the target. Allocates nothing.
AssertionState evaluate(const Assertion& assertion, const Outcome& outcome);

// As documents spell it: "connection", "response_time", "certificate_expiry", ….
std::string_view assertion_type(Assertion::Subject subject);
// Texts for reports: "success", "less_than 500", "in [TLSv1.2, TLSv1.3]"; and what was seen, or
// "not_measured".
std::string expected_text(const Assertion& assertion);
std::string actual_text(const Assertion& assertion, const Outcome& outcome);

}  // namespace tracer::engine
