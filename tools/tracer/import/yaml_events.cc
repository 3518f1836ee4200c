#include "tools/tracer/import/yaml_events.h"

#include <yaml.h>

#include <new>

#include <fmt/format.h>

#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/source_text.h"

namespace tracer::import {
namespace {

Place place_of(const yaml_mark_t& mark) {
  return YamlLocator::place(mark.line + 1, mark.column + 1);
}

std::string_view view_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// How a scalar's tag reads it: as a text, as its own spelling says, or not at all.
enum class TagMeaning { kNone, kText, kPlain, kOther };

TagMeaning meaning_of(std::string_view tag) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  if (tag.empty()) return TagMeaning::kNone;
  if (tag == "!") return TagMeaning::kText;
  if (tag.substr(0, kCore.size()) != kCore) return TagMeaning::kOther;
  tag.remove_prefix(kCore.size());
  if (tag == "str") return TagMeaning::kText;
  const bool known = tag == "int" || tag == "float" || tag == "bool" || tag == "null" ||
                     tag == "seq" || tag == "map";
  return known ? TagMeaning::kPlain : TagMeaning::kOther;
}

}  // namespace

struct YamlEvents::State {
  State() {
    if (yaml_parser_initialize(&parser) == 0) throw std::bad_alloc();
  }
  ~State() {
    yaml_event_delete(&event);
    yaml_parser_delete(&parser);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  yaml_parser_t parser{};
  yaml_event_t event{};
  Kind kind = Kind::kEnd;
};

YamlEvents::YamlEvents(std::string_view text) : state_(std::make_unique<State>()), text_(text) {
  yaml_parser_set_encoding(&state_->parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&state_->parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
}

YamlEvents::~YamlEvents() = default;

YamlEvents::Kind YamlEvents::kind() const { return state_->kind; }
Place YamlEvents::place() const { return place_of(state_->event.start_mark); }

std::string_view YamlEvents::text() const {
  const auto& scalar = state_->event.data.scalar;
  return {reinterpret_cast<const char*>(scalar.value), scalar.length};
}

bool YamlEvents::plain() const {
  const auto& scalar = state_->event.data.scalar;
  const TagMeaning meaning = meaning_of(view_of(scalar.tag));
  if (meaning != TagMeaning::kNone) return meaning == TagMeaning::kPlain;
  return scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool YamlEvents::fail(Place place, std::string found, std::string accepted) {
  problem_ = {place, std::move(found), std::move(accepted)};
  return false;
}

bool YamlEvents::fail_parser() {
  const yaml_parser_t& parser = state_->parser;
  const std::string_view problem =
      parser.problem == nullptr ? std::string_view("not enough memory") : parser.problem;
  if (parser.error == YAML_READER_ERROR) {  // knows a byte offset alone
    const LineColumn where = OffsetLocator(text_).locate(parser.problem_offset);
    return fail(YamlLocator::place(where.line, where.column),
                fmt::format("this is not YAML: {}", problem));
  }
  std::string found = fmt::format("this is not YAML: {}", problem);
  if (parser.context != nullptr) {
    found += fmt::format(" {} that starts at line {}, column {}", parser.context,
                         parser.context_mark.line + 1, parser.context_mark.column + 1);
  }
  return fail(place_of(parser.problem_mark), std::move(found));
}

bool YamlEvents::next() {
  while (true) {
    yaml_event_delete(&state_->event);
    if (yaml_parser_parse(&state_->parser, &state_->event) == 0) return fail_parser();
    std::string_view tag;
    switch (state_->event.type) {
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
        continue;
      case YAML_STREAM_END_EVENT:
        state_->kind = Kind::kEnd;
        return true;
      case YAML_DOCUMENT_START_EVENT:
        state_->kind = Kind::kDocumentStart;
        return true;
      case YAML_SEQUENCE_END_EVENT:
        state_->kind = Kind::kListEnd;
        return true;
      case YAML_MAPPING_END_EVENT:
        state_->kind = Kind::kMapEnd;
        return true;
      case YAML_ALIAS_EVENT:
        return fail(place(), fmt::format("alias *{}", view_of(state_->event.data.alias.anchor)),
                    "values written out; defaults hold what monitors share");
      case YAML_SCALAR_EVENT:
        state_->kind = Kind::kScalar;
        tag = view_of(state_->event.data.scalar.tag);
        break;
      case YAML_SEQUENCE_START_EVENT:
        state_->kind = Kind::kListStart;
        tag = view_of(state_->event.data.sequence_start.tag);
        break;
      case YAML_MAPPING_START_EVENT:
        state_->kind = Kind::kMapStart;
        tag = view_of(state_->event.data.mapping_start.tag);
        break;
    }
    if (meaning_of(tag) == TagMeaning::kOther) {
      return fail(place(), fmt::format("tag {}", quoted(tag)), "values without tags");
    }
    return true;
  }
}

bool YamlEvents::take_key(Tree& tree, Node& entry) {
  if (state_->kind != Kind::kScalar) return fail(place(), "a key that is not a text", "text keys");
  entry.key = tree.keep(text());
  entry.key_place = place();
  return next();
}

bool YamlEvents::build_root(Tree& tree) { return build(tree, Tree::kNoParent, Node{}, 1); }

bool YamlEvents::build(Tree& tree, std::uint32_t parent, Node node, unsigned depth) {
  node.place = place();
  if (depth > limits::kMaxDepth) {
    return fail(node.place, "nested too deeply",
                fmt::format("at most {} levels", limits::kMaxDepth));
  }
  if (tree.size() >= limits::kMaxValuesPerMonitor) {
    return fail(node.place, "one value too many",
                fmt::format("at most {} values", limits::kMaxValuesPerMonitor));
  }
  if (state_->kind == Kind::kScalar) {
    node.kind = plain() ? Node::Kind::kPlain : Node::Kind::kString;
    node.text = tree.keep(text());
    tree.add(parent, node);
    return true;
  }
  node.kind = state_->kind == Kind::kMapStart ? Node::Kind::kMap : Node::Kind::kList;
  return build_children(tree, tree.add(parent, node), depth);
}

bool YamlEvents::build_children(Tree& tree, std::uint32_t index, unsigned depth) {
  const bool map = state_->kind == Kind::kMapStart;
  while (true) {
    if (!next()) return false;
    if (state_->kind == Kind::kMapEnd || state_->kind == Kind::kListEnd) return true;
    Node entry;
    if (map && !take_key(tree, entry)) return false;
    if (!build(tree, index, entry, depth + 1)) return false;
  }
}

bool YamlEvents::skip() {
  unsigned depth = 0;
  while (true) {
    const bool starts = state_->kind == Kind::kMapStart || state_->kind == Kind::kListStart;
    const bool ends = state_->kind == Kind::kMapEnd || state_->kind == Kind::kListEnd;
    if (starts && ++depth > limits::kMaxDepth) {
      return fail(place(), "nested too deeply",
                  fmt::format("at most {} levels", limits::kMaxDepth));
    }
    if (ends) --depth;
    if (depth == 0) return true;
    if (!next()) return false;
  }
}

}  // namespace tracer::import
