// UTF-8 one character at a time, for text that cannot be trusted to be UTF-8. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace tracer::cli {

struct Character {
  char32_t code = 0;       // where not valid: the value of the one byte
  std::size_t length = 1;  // bytes taken, 1 where not valid
  bool valid = false;
};

// The character that `text` begins with (RFC 3629: no overlong forms, no surrogates).
// REQUIRES: text is not empty.
Character first_character(std::string_view text);

}  // namespace tracer::cli
