// Name constraints of RFC 5280 section 4.2.1.10: may a CA's subtrees hold the names of a
// certificate below it? Internal to ssl/. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

// The first name of `certificate` that `ca` may not certify, as text; empty when all are allowed.
// A form of name that is constrained but cannot be compared here is refused. `budget` counts
// comparisons down over a whole judgement; when it is spent, names are refused.
std::string name_outside_constraints(const Extensions& ca, const CertificateView& certificate,
                                     std::size_t& budget);

}  // namespace tracer::ssl
