// Reads single values of a document as the types the schema wants, and reports what does not fit.
// Every function returns false after reporting, and leaves its result alone then. JSON and YAML
// differ here only in that an unquoted YAML scalar may be a text, a number or a bool.
// Belongs to one import; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "engine/ip_address.h"
#include "engine/pattern.h"
#include "tools/tracer/import/diagnostics.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {

struct Bounds {
  std::int64_t min;
  std::int64_t max;
};

// What a value is, without a report. Null is nothing of it.
std::optional<bool> as_bool(const Node& node);
std::optional<std::string_view> as_text(const Node& node);
std::optional<double> as_number(const Node& node);
bool is_null(const Node& node);

// Every spelling of a host; false when none. `advice` then says more than that, or is empty.
bool is_host(std::string_view host, std::string& advice);

class ValueReader {
 public:
  explicit ValueReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Diagnostics& diagnostics() { return diagnostics_; }

  bool boolean(const Node& node, bool& out);
  bool integer(const Node& node, Bounds bounds, std::int64_t& out);
  // Milliseconds; a bare number is in units of `bare_unit_ms`.
  bool duration(const Node& node, Bounds bounds_ms, std::int64_t bare_unit_ms, std::int64_t& out);
  // A text for people and names: valid UTF-8 without control characters; sizes in bytes.
  bool text(const Node& node, Bounds size, std::string& out);
  bool texts(const Tree& tree, const Node& list, Bounds count, Bounds size,
             std::vector<std::string>& out);
  // Bytes, in text with escapes or in hexadecimal.
  bool bytes(const Node& node, Bounds size, std::string& out);
  bool hex_bytes(const Node& node, Bounds size, std::string& out);
  bool pattern(const Node& node, std::shared_ptr<const engine::Pattern>& out);
  bool host(const Node& node, std::string& out);
  bool address(const Node& node, engine::IpAddress& out);
  // A path that can be opened for reading now, when `check`.
  bool file(const Node& node, bool check, std::string& out);

  // "X is not …; accepted: …"
  bool refuse(const Node& node, std::string_view not_what, std::string_view accepted,
              std::string_view suggestion = {});

 private:
  using CompiledPattern = tl::expected<std::shared_ptr<const engine::Pattern>, std::string>;
  bool sized(const Node& node, std::size_t size, Bounds bounds);

  Diagnostics& diagnostics_;
  std::unordered_map<std::string, CompiledPattern> patterns_;  // fleets repeat them
  std::unordered_map<std::string, std::string> unreadable_;    // path → why; empty: readable
};

}  // namespace tracer::import
