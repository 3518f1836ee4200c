// Reads the extensions of a certificate (RFC 5280 section 4.2). Internal to ssl/. Any thread.
#pragma once

#include <string>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

// Reads `list`, the SEQUENCE OF Extension that comes next, into view.extensions. A list that is
// not DER fails `list`; what is wrong inside one extension becomes view.defect.
void read_extensions(der::Cursor& list, CertificateView& view);

}  // namespace tracer::ssl
