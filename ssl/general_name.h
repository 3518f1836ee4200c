// Subject alternative names as text for reports: "DNS:a.example", "IP:127.0.0.1". Any thread.
#pragma once

#include <string>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

// Bytes that no name of the type may hold are escaped ("\x00"), so that such a name, however it
// reads, matches nothing.
std::string general_name_text(const GeneralName& name);

}  // namespace tracer::ssl
