// Any bytes as a JSON document of monitors: monitors, or errors that say where and can be printed.
#include "tests/fuzz/monitor_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tracer::import::check_import(data, size, tracer::import::DocumentFormat::kJson);
  return 0;
}
