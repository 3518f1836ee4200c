#include "tools/tracer/sinks/json_text.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cstddef>

#include "tools/tracer/sinks/timestamp.h"
#include "tools/tracer/sinks/utf8.h"

namespace tracer::cli {
namespace {

bool plain_ascii(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

void append_escape(std::string& out, char32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  assert(code <= 0xFF);
  out += "\\u00";
  out += kDigits[(code >> 4U) & 0xFU];
  out += kDigits[code & 0xFU];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain_ascii(text[run])) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    const Character character = first_character(text);
    if (!character.valid || character.code < 0xA0) {
      append_escape(out, character.code);
    } else {
      out.append(text.substr(0, character.length));
    }
    text.remove_prefix(character.length);
  }
  out += '"';
}

void append_json_bool(std::string& out, bool value) { out += value ? "true" : "false"; }

void append_json_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end.ptr);
}

void append_json_milliseconds(std::string& out, std::int64_t duration_ns) {
  assert(duration_ns >= 0);
  const std::int64_t microseconds = duration_ns / 1000 + (duration_ns % 1000 >= 500 ? 1 : 0);
  append_json_integer(out, microseconds / 1000);
  auto fraction = static_cast<unsigned>(microseconds % 1000);
  if (fraction == 0) return;
  out += '.';
  for (unsigned unit = 100; fraction != 0; unit /= 10) {
    out += static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
}

void append_json_time(std::string& out, std::int64_t unix_ms) {
  const Timestamp time = timestamp(unix_ms);
  if (time.length == 0) {
    out += "null";
    return;
  }
  out += '"';
  out += time.with_milliseconds();
  out += '"';
}

std::string& JsonObject::key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += key;
  out_ += "\":";
  return out_;
}

}  // namespace tracer::cli
