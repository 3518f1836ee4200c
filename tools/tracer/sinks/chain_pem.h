// A presented chain as PEM (RFC 7468), for other tools to read. Pure; any thread.
#pragma once

#include <string>

#include "ssl/trust.h"

namespace tracer::cli {

// Leaf first, as the server sent it.
std::string chain_pem(const ssl::ChainReport& chain);

}  // namespace tracer::cli
