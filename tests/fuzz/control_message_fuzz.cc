// The readers of control messages against arbitrary lines: a request or an error; and a snapshot or
// a reload's result that was read is written and read again as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tools/tracer/control/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tracer::cli;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto request = read_request(line)) {
    if (read_request(request_line(*request)) != request) std::abort();
  }
  if (const auto sample = read_snapshot(line)) {
    const std::string written = snapshot_line(*sample);
    const auto again = read_snapshot(written);
    if (!again || snapshot_line(*again) != written) std::abort();
  }
  if (const auto result = read_reload(line)) {
    const std::string written = reload_line(*result);
    const auto again = read_reload(written);
    if (!again || reload_line(*again) != written) std::abort();
  }
  return 0;
}
