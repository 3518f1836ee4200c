#include "tools/tracer/import/diagnostics.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/utf8.h"
#include "tools/tracer/import/import_limits.h"

namespace tracer::import {
namespace {

constexpr std::size_t kShownBytes = 60;

// A document's own keys, such as labels, may be any text.
bool is_simple_key(std::string_view key) {
  return !key.empty() && key.size() <= limits::kMaxKeyBytes &&
         std::all_of(key.begin(), key.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
         });
}

}  // namespace

bool Diagnostics::listening() const { return result_.errors.size() < limits::kMaxErrorsListed; }

void Diagnostics::report(Place place, std::string_view found, std::string_view accepted,
                         std::string_view suggestion) {
  ++result_.error_count;
  if (!listening()) return;
  const LineColumn where = locate(place);
  result_.errors.push_back({file_, where.line, where.column, path_text(), std::string(found),
                            std::string(accepted), std::string(suggestion)});
}

void Diagnostics::report_file(std::string_view found, std::string_view accepted) {
  ++result_.error_count;
  if (!listening()) return;
  result_.errors.push_back({file_, 0, 0, {}, std::string(found), std::string(accepted), {}});
}

std::string Diagnostics::path_text() const {
  std::string text;
  for (const Segment& segment : path_) {
    if (!segment.key.empty() || segment.number == 0) {
      if (!text.empty()) text.push_back('.');
      text += is_simple_key(segment.key) ? std::string(segment.key) : quoted(segment.key);
    }
    if (segment.number != 0) text += fmt::format("[{}]", segment.number - 1);
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string shown = "\"";
  while (!text.empty()) {
    if (shown.size() > kShownBytes) {
      shown.append("…");
      break;
    }
    const std::size_t length = engine::utf8_sequence_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte == '"' || byte == '\\') {
      shown.push_back('\\');
      shown.push_back(text.front());
    } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  shown.push_back('"');
  return shown;
}

std::string printable(std::string_view text) {
  const std::string shown = quoted(text);
  return shown.substr(1, shown.size() - 2);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
    case Node::Kind::kString:
      return quoted(node.text);
    case Node::Kind::kBool:
    case Node::Kind::kNumber:
    case Node::Kind::kPlain:
      break;
  }
  return printable(node.text);
}

}  // namespace tracer::import
