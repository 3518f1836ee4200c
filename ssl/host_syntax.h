// The form of host names and addresses in certificates (RFC 1034 section 3.5 as RFC 5280 section
// 4.2.1.6 wants it, RFC 5952). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "ssl/certificate.h"

namespace tracer::ssl {

// Labels of 1 to 63 letters, digits and inner hyphens, 253 bytes at most, the last one not a
// number. No trailing dot, no underscore, nothing but ASCII.
bool is_preferred_host_name(std::string_view name);

// The same, or "*." and such a name of at least two labels.
bool is_preferred_certificate_name(std::string_view name);

// "192.0.2.1", "2001:db8::1"; empty unless the address has 4 or 16 bytes.
std::string address_text(Bytes address);

}  // namespace tracer::ssl
