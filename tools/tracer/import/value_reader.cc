#include "tools/tracer/import/value_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "engine/limits.h"
#include "engine/utf8.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/notation.h"

namespace tracer::import {
namespace {

using Kind = Node::Kind;

constexpr double kLargestDurationMs = 1e15;

// The core schema of YAML 1.2: decimal, 0o17, 0x1F. JSON has passed its own parser.
std::optional<std::int64_t> as_integer(const Node& node) {
  if (node.kind != Kind::kNumber && node.kind != Kind::kPlain) return std::nullopt;
  std::string_view digits = node.text;
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'o')) {
    base = digits[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
    if (digits.front() == '-') return std::nullopt;
  } else if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') {
    digits.remove_prefix(1);
  }
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (stop != end || digits.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {  // still a number: out of any range
    return digits.front() == '-' ? INT64_MIN : INT64_MAX;
  }
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

std::string why_unreadable(const std::string& path) {
  // Not to wait for the writer of a pipe.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::strerror(errno);
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  const int error = errno;
  ::close(descriptor);
  if (!known) return std::strerror(error);
  return S_ISDIR(status.st_mode) ? std::strerror(EISDIR) : "";
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
  });
}

bool is_dns_label(std::string_view label) {
  constexpr std::size_t kMaxLabelBytes = 63;
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
  });
}

bool is_dns_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!is_dns_label(label)) return false;
    if (dot == std::string_view::npos) {
      // A last label of digits is an IPv4 address gone wrong: 10.0.0.256.
      return !std::all_of(label.begin(), label.end(),
                          [](char letter) { return letter >= '0' && letter <= '9'; });
    }
    name.remove_prefix(dot + 1);
  }
}

std::string range_text(Bounds bounds) { return fmt::format("{} to {}", bounds.min, bounds.max); }

}  // namespace

bool is_null(const Node& node) {
  if (node.kind == Kind::kNull) return true;
  if (node.kind != Kind::kPlain) return false;
  constexpr std::array<std::string_view, 5> kSpellings{"", "~", "null", "Null", "NULL"};
  return std::find(kSpellings.begin(), kSpellings.end(), node.text) != kSpellings.end();
}

std::optional<bool> as_bool(const Node& node) {
  if (node.kind != Kind::kBool && node.kind != Kind::kPlain) return std::nullopt;
  if (node.text == "true" || node.text == "True" || node.text == "TRUE") return true;
  if (node.text == "false" || node.text == "False" || node.text == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::string_view> as_text(const Node& node) {
  if (node.kind == Kind::kString || (node.kind == Kind::kPlain && !is_null(node))) {
    return node.text;
  }
  return std::nullopt;
}

std::optional<double> as_number(const Node& node) {
  if (node.kind != Kind::kNumber && node.kind != Kind::kPlain) return std::nullopt;
  const bool plus = node.kind == Kind::kPlain && node.text.substr(0, 1) == "+";
  return parse_number(node.text.substr(plus ? 1 : 0));
}

bool is_host(std::string_view host, std::string& advice) {
  const bool brackets = !host.empty() && host.front() == '[';
  if (engine::IpAddress::parse(host)) return true;
  if (!brackets && host.size() <= engine::limits::kMaxHostBytes && is_dns_name(host)) return true;
  if (host.find("://") != std::string_view::npos || host.find('/') != std::string_view::npos) {
    advice = "without a scheme and a path";
  } else if (host.find('%') != std::string_view::npos) {
    advice = "without a zone";
  } else if (std::count(host.begin(), host.end(), ':') == 1 ||
             host.find("]:") != std::string_view::npos) {
    advice = "with the port under the key port";
  } else if (std::any_of(host.begin(), host.end(), [](char letter) { return letter < 0; })) {
    advice = "international names in their xn-- form";
  }
  return false;
}

bool ValueReader::refuse(const Node& node, std::string_view not_what, std::string_view accepted,
                         std::string_view suggestion) {
  const std::string found =
      is_null(node) ? "null is not a value" : fmt::format("{} {}", describe(node), not_what);
  diagnostics_.report(node.place, found, accepted, suggestion);
  return false;
}

bool ValueReader::boolean(const Node& node, bool& out) {
  const auto value = as_bool(node);
  if (!value) return refuse(node, "is not a bool", "true or false");
  out = *value;
  return true;
}

bool ValueReader::integer(const Node& node, Bounds bounds, std::int64_t& out) {
  const auto value = as_integer(node);
  if (!value) return refuse(node, "is not an integer", range_text(bounds));
  if (*value < bounds.min || *value > bounds.max) {
    return refuse(node, "is out of range", range_text(bounds));
  }
  out = *value;
  return true;
}

bool ValueReader::duration(const Node& node, Bounds bounds_ms, std::int64_t bare_unit_ms,
                           std::int64_t& out) {
  const auto accepted = [&] {
    return fmt::format("{} to {}", duration_text(bounds_ms.min), duration_text(bounds_ms.max));
  };
  std::optional<double> value;
  if (node.kind == Kind::kNumber || node.kind == Kind::kString || node.kind == Kind::kPlain) {
    value = parse_duration(node.text, bare_unit_ms);
  }
  if (!value) {
    const bool negative = as_number(node).has_value();
    return refuse(node, negative ? "is out of range" : "is not a duration",
                  accepted() + ", such as 500ms, 10s or 1h30m");
  }
  const double whole = std::round(*value);
  if (*value >= kLargestDurationMs || whole < static_cast<double>(bounds_ms.min) ||
      whole > static_cast<double>(bounds_ms.max)) {
    return refuse(node, "is out of range", accepted());
  }
  if (std::abs(*value - whole) > 1e-6) {
    return refuse(node, "is finer than a millisecond", "whole milliseconds");
  }
  out = static_cast<std::int64_t>(whole);
  return true;
}

bool ValueReader::sized(const Node& node, std::size_t size, Bounds bounds) {
  const auto bytes = static_cast<std::int64_t>(size);
  if (bytes >= bounds.min && bytes <= bounds.max) return true;
  return refuse(node, fmt::format("has {} bytes", size), range_text(bounds) + " bytes");
}

bool ValueReader::text(const Node& node, Bounds size, std::string& out) {
  const auto value = as_text(node);
  if (!value) return refuse(node, "is not a string", "a string");
  if (!sized(node, value->size(), size)) return false;
  if (has_control_character(*value)) {
    return refuse(node, "has control characters", "printable text");
  }
  out.assign(*value);
  return true;
}

bool ValueReader::texts(const Tree& tree, const Node& list, Bounds count, Bounds size,
                        std::vector<std::string>& out) {
  if (list.kind != Kind::kList) return refuse(list, "is not a list", "a list of strings");
  if (list.child_count < count.min || list.child_count > count.max) {
    diagnostics_.report(list.place, fmt::format("a list of {}", list.child_count),
                        range_text(count) + " entries");
    return false;
  }
  std::vector<std::string> values;
  bool good = true;
  std::size_t index = 0;
  for (const Node* entry = tree.first(list); entry != nullptr; entry = tree.next(*entry)) {
    const Diagnostics::Step step(diagnostics_, {}, index++);
    good = text(*entry, size, values.emplace_back()) && good;
  }
  if (good) out = std::move(values);
  return good;
}

bool ValueReader::bytes(const Node& node, Bounds size, std::string& out) {
  const auto value = as_text(node);
  if (!value) return refuse(node, "is not a string", "a string");
  auto decoded = unescape(*value);
  if (!decoded) {
    diagnostics_.report(node.place, fmt::format("{} is not an escape", decoded.error()),
                        "\\r \\n \\t \\0 \\\\ \\xNN");
    return false;
  }
  if (!sized(node, decoded->size(), size)) return false;
  out = std::move(*decoded);
  return true;
}

bool ValueReader::hex_bytes(const Node& node, Bounds size, std::string& out) {
  const auto value = as_text(node);
  const auto decoded = value ? parse_hex(*value) : std::nullopt;
  if (!decoded) {
    return refuse(node, "is not hexadecimal",
                  "a string of two hexadecimal digits a byte, such as \"50 49 4e 47\"");
  }
  if (!sized(node, decoded->size(), size)) return false;
  out = *decoded;
  return true;
}

bool ValueReader::pattern(const Node& node, std::shared_ptr<const engine::Pattern>& out) {
  const auto value = as_text(node);
  if (!value) return refuse(node, "is not a string", "a regular expression (RE2 syntax)");
  if (!sized(node, value->size(), {1, limits::kMaxPatternBytes})) return false;
  auto found = patterns_.find(std::string(*value));
  if (found == patterns_.end()) {
    found = patterns_.emplace(*value, engine::Pattern::compile(*value)).first;
  }
  if (!found->second) {
    return refuse(node, "is not a regular expression: " + printable(found->second.error()),
                  "RE2 syntax");
  }
  out = *found->second;
  return true;
}

bool ValueReader::host(const Node& node, std::string& out) {
  const std::string accepted = "a DNS name, IPv4 or IPv6 address";
  const auto value = as_text(node);
  if (!value) return refuse(node, "is not a string", accepted);
  if (value->empty() || value->size() > engine::limits::kMaxHostBytes) {
    return sized(node, value->size(), {1, engine::limits::kMaxHostBytes});
  }
  std::string advice;
  if (!is_host(*value, advice)) {
    return refuse(node, "is not a host", advice.empty() ? accepted : accepted + ", " + advice);
  }
  const bool brackets = value->front() == '[';
  out.assign(brackets ? value->substr(1, value->size() - 2) : *value);
  return true;
}

bool ValueReader::address(const Node& node, engine::IpAddress& out) {
  const auto value = as_text(node);
  const auto parsed = value ? engine::IpAddress::parse(*value) : std::nullopt;
  if (!parsed) return refuse(node, "is not an IP address", "an IPv4 or IPv6 address");
  out = *parsed;
  return true;
}

bool ValueReader::file(const Node& node, bool check, std::string& out) {
  std::string path;
  if (!text(node, {1, limits::kMaxPathBytes}, path)) return false;
  if (check) {
    auto found = unreadable_.find(path);
    if (found == unreadable_.end()) {
      found = unreadable_.emplace(path, why_unreadable(path)).first;
    }
    if (!found->second.empty()) {
      return refuse(node, "cannot be read: " + found->second, "a readable file");
    }
  }
  out = std::move(path);
  return true;
}

}  // namespace tracer::import
