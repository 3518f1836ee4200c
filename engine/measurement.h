// What assertions read from an outcome: whether a subject was measured, and its value. Shared by
// the judgement (assertion.cc) and its wording (assertion_text.cc), so that the two never differ
// on what was seen. Pure and without allocation; any thread.
//
// Invariant: certificate facts count only once the handshake has ended; before that the server has
// not proved that the certificate is its own.
#pragma once

#include <array>
#include <string_view>

#include "engine/assertion.h"
#include "engine/outcome.h"
#include "ssl/certificate.h"

namespace tracer::engine {

bool is_measured(Assertion::Subject subject, const Outcome& outcome);

// True for subjects compared with `number`: times in milliseconds, days, bits.
bool is_numeric(Assertion::Subject subject);
// REQUIRES: is_numeric(subject) and is_measured(subject, outcome).
double measured_number(Assertion::Subject subject, const Outcome& outcome);

// "success" or "failure".
std::string_view connection_text(const Outcome& outcome);
// The leaf, or nullptr when none was measured.
const ssl::CertificateFacts* measured_leaf(const Outcome& outcome);

using FingerprintText = std::array<char, 64>;  // lower-case hexadecimal
FingerprintText fingerprint_text(const ssl::CertificateFacts& certificate);

}  // namespace tracer::engine
