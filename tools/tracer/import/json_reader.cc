#include "tools/tracer/import/json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/utf8.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/json_faults.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

static_assert(SourceText::kPadding >= simdjson::SIMDJSON_PADDING);

std::string_view sentence(error_code error) {
  switch (error) {
    case simdjson::TAPE_ERROR:
    case simdjson::INCORRECT_TYPE:
      return "this is not JSON: a value, comma, colon or bracket is wrong";
    case simdjson::STRING_ERROR:
      return "this string has an escape that is not valid in JSON";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "this is not JSON: a bare word other than true, false, null";
    case simdjson::NUMBER_ERROR:
      return "this is not a JSON number";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "a bracket of the document is not closed";
    case simdjson::TRAILING_CONTENT:
      return kTrailingText;
    case simdjson::MEMALLOC:
      return "not enough memory for this document";
    default:
      return simdjson::error_message(error);
  }
}

bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }

// The contents of a string that starts at `quote`, when they hold no escape.
bool take_plain(const char* quote, std::string_view& contents) {
  const char* first = quote + 1;
  const char* at = first;
  while (*at != '"' && *at != '\\') ++at;  // stage one has found every string closed
  contents = {first, static_cast<std::size_t>(at - first)};
  return *at == '"';
}

// One document; a line of a file, or the whole of it.
class Document {
 public:
  Document(std::string_view file, std::string_view text, std::size_t readable,
           ondemand::parser& parser, OffsetLocator& locator, Collector& collector)
      : file_(file),
        text_(text),
        readable_(readable),
        parser_(parser),
        locator_(locator),
        collector_(collector) {}

  void read() {
    const error_code error = parser_.iterate(text_.data(), text_.size(), readable_).get(document_);
    if (error != simdjson::SUCCESS) {
      report_unparsed(error);
      return;
    }
    simdjson::ondemand::json_type type{};
    if (!good(document_.type().get(type))) return;
    bool complete = false;
    if (type == ondemand::json_type::object) {
      complete = read_root_map();
    } else if (type == ondemand::json_type::array) {
      collector_.begin_document(nullptr, nullptr);
      ondemand::array monitors;
      complete = good(document_.get_array().get(monitors)) && read_monitors(monitors);
    } else {
      collector_.broken(offset(text_.data()), "a single value is not a monitor",
                        "a map, or a list of maps");
    }
    const char* more = nullptr;
    if (complete && document_.current_location().get(more) == simdjson::SUCCESS) {
      good(simdjson::TRAILING_CONTENT);
    }
  }

 private:
  Place offset(const char* at) const { return static_cast<Place>(at - file_.data()); }

  // True for success; else reports `error` where the parser stands.
  bool good(error_code error) {
    if (error == simdjson::SUCCESS) return true;
    if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) {
      const JsonFault fault = find_bracket_fault(text_);
      collector_.broken(offset(text_.data() + fault.offset), fault.found);
      return false;
    }
    const char* at = nullptr;
    if (document_.current_location().get(at) != simdjson::SUCCESS) at = end();
    at = std::min(at, end());
    // Versions of the parser differ in what they call a value that starts like none.
    const bool none = error == simdjson::TAPE_ERROR || error == simdjson::INCORRECT_TYPE;
    const bool word = none && at != end() && is_letter(*at);
    collector_.broken(offset(at), sentence(word ? simdjson::N_ATOM_ERROR : error));
    return false;
  }

  const char* end() const { return text_.data() + text_.size(); }

  // The text did not pass the first stage, which knows no place.
  void report_unparsed(error_code error) {
    std::size_t at = 0;
    std::string_view found = sentence(error);
    switch (error) {
      case simdjson::UTF8_ERROR:
        at = engine::utf8_valid_prefix(text_);
        found = "these bytes are not UTF-8";
        break;
      case simdjson::UNCLOSED_STRING:
      case simdjson::UNESCAPED_CHARS:
        at = find_string_fault(text_).offset;
        found = find_string_fault(text_).found;
        break;
      case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
        at = text_.size();
        break;
      default:
        break;
    }
    collector_.broken(offset(text_.data() + at), found);
  }

  // An object is a monitor, unless it has `monitors`. The defaults may come after these: so all
  // other keys are read first, and the monitors after going back.
  bool read_root_map() {
    Tree root;
    Node node;
    node.kind = Node::Kind::kMap;
    node.place = offset(text_.data() + std::min(text_.find('{'), text_.size()));
    root.add(Tree::kNoParent, node);
    ondemand::object object;
    if (!good(document_.get_object().get(object))) return false;
    bool list = false;
    for (auto result : object) {
      ondemand::field field;
      ondemand::value value;
      if (!good(std::move(result).get(field))) return false;
      Node entry;
      if (!read_key(field, root, entry)) return false;
      value = field.value();
      if (document_key(entry.key) == DocumentKey::kMonitors) {
        list = true;
        root.add(Tree::kRoot, entry);  // its value is read below
      } else if (!read_value(value, root, Tree::kRoot, entry, 1)) {
        return false;
      }
    }
    if (!list) {
      locator_.advance(node.place);
      collector_.begin_document(nullptr, nullptr);
      collector_.monitor(root, root.root());
      return true;
    }
    collector_.begin_document(&root, find_defaults(root));
    const bool complete = read_monitors_of_root();
    collector_.check_document_keys(root, root.root());
    return complete;
  }

  static const Node* find_defaults(const Tree& root) {
    for (const Node* entry = root.first(root.root()); entry; entry = root.next(*entry)) {
      if (document_key(entry->key) == DocumentKey::kDefaults) return entry;
    }
    return nullptr;
  }

  bool read_monitors_of_root() {
    document_.rewind();
    ondemand::object object;
    if (!good(document_.get_object().get(object))) return false;
    bool seen = false;
    for (auto result : object) {
      ondemand::field field;
      if (!good(std::move(result).get(field))) return false;
      Node entry;
      tree_.clear();
      if (!read_key(field, tree_, entry)) return false;
      if (seen || document_key(entry.key) != DocumentKey::kMonitors) continue;
      seen = true;
      ondemand::value value = field.value();
      simdjson::ondemand::json_type type{};
      if (!good(value.type().get(type))) return false;
      if (type != ondemand::json_type::array) {
        collector_.broken(entry.key_place, "monitors is not a list", "a list of monitors");
        continue;
      }
      ondemand::array monitors;
      if (!good(value.get_array().get(monitors)) || !read_monitors(monitors)) return false;
    }
    return true;
  }

  bool read_monitors(ondemand::array& monitors) {
    for (auto result : monitors) {
      ondemand::value value;
      if (!good(std::move(result).get(value))) return false;
      tree_.clear();
      Node node;
      if (!read_value(value, tree_, Tree::kNoParent, node, 1)) return false;
      locator_.advance(tree_.root().place);
      collector_.monitor(tree_, tree_.root());
    }
    return true;
  }

  bool read_key(ondemand::field& field, Tree& tree, Node& entry) {
    const char* quote = field.key().raw() - 1;
    entry.key_place = offset(quote);
    if (take_plain(quote, entry.key)) return true;
    std::string_view key;
    if (!good(field.unescaped_key().get(key))) return false;
    entry.key = tree.keep(key);
    return true;
  }

  bool stop(const Node& node, std::string_view found, std::string_view accepted) {
    collector_.broken(node.place, found, accepted);
    return false;
  }

  // Adds `value` under `parent`; `node` has its key already.
  bool read_value(ondemand::value& value, Tree& tree, std::uint32_t parent, Node& node,
                  unsigned depth) {
    simdjson::ondemand::json_type type{};
    if (!good(value.type().get(type))) return false;
    const std::string_view token = value.raw_json_token();
    node.place = offset(token.data());
    if (depth > limits::kMaxDepth) {
      return stop(node, "nested too deeply", fmt::format("at most {} levels", limits::kMaxDepth));
    }
    if (tree.size() >= limits::kMaxValuesPerMonitor) {
      return stop(node, "one value too many",
                  fmt::format("at most {} values", limits::kMaxValuesPerMonitor));
    }
    switch (type) {
      case ondemand::json_type::object: {
        node.kind = Node::Kind::kMap;
        return read_object(value, tree, tree.add(parent, node), depth);
      }
      case ondemand::json_type::array: {
        node.kind = Node::Kind::kList;
        return read_array(value, tree, tree.add(parent, node), depth);
      }
      default:
        if (!read_scalar(value, type, token, tree, node)) return false;
        tree.add(parent, node);
        return true;
    }
  }

  bool read_object(ondemand::value& value, Tree& tree, std::uint32_t index, unsigned depth) {
    ondemand::object object;
    if (!good(value.get_object().get(object))) return false;
    for (auto result : object) {
      ondemand::field field;
      if (!good(std::move(result).get(field))) return false;
      Node entry;
      if (!read_key(field, tree, entry)) return false;
      ondemand::value inner = field.value();
      if (!read_value(inner, tree, index, entry, depth + 1)) return false;
    }
    return true;
  }

  bool read_array(ondemand::value& value, Tree& tree, std::uint32_t index, unsigned depth) {
    ondemand::array array;
    if (!good(value.get_array().get(array))) return false;
    for (auto result : array) {
      ondemand::value inner;
      if (!good(std::move(result).get(inner))) return false;
      Node entry;
      if (!read_value(inner, tree, index, entry, depth + 1)) return false;
    }
    return true;
  }

  bool read_scalar(ondemand::value& value, ondemand::json_type type, std::string_view token,
                   Tree& tree, Node& node) {
    switch (type) {
      case ondemand::json_type::string: {
        node.kind = Node::Kind::kString;
        ondemand::raw_json_string raw;
        // Most strings need no unescaping: a view of the document will do.
        if (take_plain(token.data(), node.text)) {
          return good(value.get_raw_json_string().get(raw));
        }
        std::string_view text;
        if (!good(value.get_string().get(text))) return false;
        node.text = tree.keep(text);
        return true;
      }
      case ondemand::json_type::number: {
        node.kind = Node::Kind::kNumber;
        node.text = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
        double number = 0;
        const error_code error = value.get_double().get(number);
        // The schema has bounds of its own for what is too large.
        return error == simdjson::NUMBER_OUT_OF_RANGE || good(error);
      }
      case ondemand::json_type::boolean: {
        node.kind = Node::Kind::kBool;
        bool flag = false;
        if (!good(value.get_bool().get(flag))) return false;
        node.text = flag ? "true" : "false";
        return true;
      }
      default: {
        node.kind = Node::Kind::kNull;
        bool null = false;
        if (!good(value.is_null().get(null))) return false;
        return null || good(simdjson::N_ATOM_ERROR);
      }
    }
  }

  std::string_view file_;
  std::string_view text_;
  std::size_t readable_;  // bytes from the start of text_ that may be touched
  ondemand::parser& parser_;
  OffsetLocator& locator_;
  Collector& collector_;
  ondemand::document document_;
  Tree tree_;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

void read_json(const SourceText& source, OffsetLocator& locator, bool one_a_line,
               Collector& collector) {
  const std::string_view file = source.view();
  std::string_view rest = source.content();
  ondemand::parser parser;
  while (!rest.empty()) {
    const std::string_view line = one_a_line ? rest.substr(0, rest.find('\n')) : rest;
    if (!is_blank(line)) {
      const std::size_t monitors = collector.monitors_seen();
      const std::size_t errors = collector.diagnostics().count();
      Document(file, line, rest.size() + SourceText::kPadding, parser, locator, collector).read();
      const bool broken = collector.diagnostics().count() != errors;
      if (one_a_line && broken && collector.monitors_seen() == monitors) {
        collector.pass_over_monitor();
      }
    }
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
}

}  // namespace tracer::import
