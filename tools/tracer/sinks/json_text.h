// Writes JSON values to the end of a string: no tree, no copies, always valid JSON and UTF-8
// whatever the bytes. The caller keeps the order of keys and the nesting. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tracer::cli {

// With quotes. A byte that is not UTF-8 is taken as Latin-1 and escaped as \u00XX; so are control
// characters, DEL and C1 included, so that a line can be shown on a terminal as it is.
void append_json_string(std::string& out, std::string_view text);

void append_json_bool(std::string& out, bool value);
void append_json_integer(std::string& out, std::int64_t value);
// Nanoseconds as milliseconds with at most three decimals: "0.1", "12", "1.234".
void append_json_milliseconds(std::string& out, std::int64_t duration_ns);
// "2026-01-31T23:59:59.999Z" (RFC 3339), with quotes; null outside the years 0000 to 9999.
void append_json_time(std::string& out, std::int64_t unix_ms);

// An object in the making: writes the commas, the quotes and the braces.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  // The key alone; the caller appends the value.
  // REQUIRES: key needs no escaping.
  std::string& key(std::string_view key);

  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  void text_or_null(std::string_view name, std::string_view value) {  // empty: null
    value.empty() ? null(name) : text(name, value);
  }
  void boolean(std::string_view name, bool value) { append_json_bool(key(name), value); }
  void integer(std::string_view name, std::int64_t value) { append_json_integer(key(name), value); }
  void time(std::string_view name, std::int64_t unix_ms) { append_json_time(key(name), unix_ms); }
  void null(std::string_view name) { key(name) += "null"; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace tracer::cli
