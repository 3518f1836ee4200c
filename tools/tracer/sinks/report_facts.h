// What every presentation of a report says alike: the words of a failure and of the TLS facts.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/monitor.h"
#include "engine/report.h"
#include "ssl/trust.h"

namespace tracer::cli {

// "connection_refused", "tls_alert(handshake_failure)".
std::string failure_code_text(const engine::Report& report);
// The phase that failed; "verdict" where assertions did; empty where there is none.
std::string_view failure_phase_text(const engine::Report& report);
// What was seen, or the code's own cause where the probe had nothing to add.
std::string_view failure_detail_text(const engine::Report& report);
// The failure that the chain's first problem amounts to, the name aside; kNone for a good chain.
// The policy does not matter: a chain that was not enforced is told of all the same.
engine::FailureCode chain_error(ssl::ChainProblems problems);
// "response_time: expected less_than 500, got 812" for each assertion that does not hold; a warning
// says so.
std::vector<std::string> failed_assertions(const engine::Report& report,
                                           const engine::MonitorSet& monitors);
// True when verification was asked for and all of it held.
bool is_verified(const engine::Outcome& outcome, const engine::CheckPolicy& policy);
// Colons between pairs of digits, as other tools print fingerprints, or none.
std::string fingerprint_text(const ssl::CertificateFacts& certificate, std::string_view separator);

}  // namespace tracer::cli
