// General names (RFC 5280 section 4.2.1.6): read from DER, and as text for reports:
// "DNS:a.example", "IP:127.0.0.1". Internal to ssl/. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

// The one that comes next. What is none fails the cursor.
GeneralName read_general_name(der::Cursor& cursor, std::string_view what);

// The DistributionPointName that comes next, added to `out`.
void read_point_names(der::Cursor& cursor, std::string_view what, PointNames& out);

// Bytes that no name of the type may hold are escaped ("\x00"), so that such a name, however it
// reads, matches nothing.
std::string general_name_text(const GeneralName& name);

}  // namespace tracer::ssl
