// One check in detail, for `tracer check` of a single target: the verdict, every phase's time, what
// TLS and the certificate say, the response, the assertions. Pure.
#pragma once

#include <string>

#include "engine/monitor.h"
#include "engine/report.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

std::string check_card(const engine::Report& report, const engine::MonitorSet& monitors,
                       const Presentation& presentation);

}  // namespace tracer::cli
