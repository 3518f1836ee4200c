// A presented chain as the `certificate` of a result: the leaf's facts, the expiries and every
// certificate. One writer for live checks and stored chains. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "ssl/trust.h"

namespace tracer::cli {

// `chain` may be null: then null is written. `verified_expiry_s`: 0 without a valid path.
void append_certificate_json(std::string& out, const ssl::ChainReport* chain,
                             std::int64_t verified_expiry_s, std::int64_t now_s);

}  // namespace tracer::cli
