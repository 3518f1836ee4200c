// A Unix time as people read it in a sentence: "2026-07-01T00:00:00Z". Internal to ssl/. Any
// thread.
#pragma once

#include <cstdint>
#include <string>

namespace tracer::ssl {

std::string utc_text(std::int64_t time_s);

}  // namespace tracer::ssl
