// Any expression against any answer. The first byte says how long the expression is, the rest of
// the input is what a server sent.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view expression = input.substr(0, data[0]);
  const std::string_view answer = input.substr(expression.size());
  const auto pattern = tracer::engine::Pattern::compile(expression);
  if (!pattern) {
    if (pattern.error().empty()) std::abort();
    return 0;
  }
  if ((*pattern)->text() != expression) std::abort();
  const bool found = (*pattern)->matches(answer);
  if ((*pattern)->matches(answer) != found) std::abort();
  return 0;
}
