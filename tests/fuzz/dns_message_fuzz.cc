// The SOA reader against arbitrary messages: a sensible number, or none.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "engine/dns_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::int64_t ttl_s = tracer::engine::negative_ttl_s({data, size});
  if (ttl_s < -1 || ttl_s > 0xffff'ffff) std::abort();
  return 0;
}
