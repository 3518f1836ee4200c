// Certificate policies of a path (RFC 5280 section 6.1), for an application that takes any policy:
// they matter only where a CA requires that there be one. Internal to ssl/. Any thread.
#pragma once

#include <span>
#include <string>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

// One sentence when a policy is required and none holds along the path; else empty. `path`: leaf
// first, without the trust anchor.
std::string policy_fault(std::span<const CertificateView* const> path);

}  // namespace tracer::ssl
