#include "tools/tracer/import/yaml_reader.h"

#include <memory>
#include <string_view>
#include <vector>

#include "engine/utf8.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/value_reader.h"
#include "tools/tracer/import/yaml_events.h"

namespace tracer::import {
namespace {

using Kind = YamlEvents::Kind;

// The defaults of every document, found by reading the whole text ahead: where `defaults` comes
// after `monitors`, the monitors could otherwise not be taken one at a time. What is wrong with
// the text is told when it is read in earnest.
std::vector<std::unique_ptr<Tree>> scan_defaults(std::string_view text) {
  std::vector<std::unique_ptr<Tree>> found;
  YamlEvents events(text);
  while (events.next() && events.kind() != Kind::kEnd) {
    if (events.kind() != Kind::kDocumentStart) break;
    found.push_back(nullptr);
    if (!events.next()) break;
    if (events.kind() != Kind::kMapStart) {
      if (!events.skip()) break;
      continue;
    }
    bool good = true;
    while ((good = events.next()) && events.kind() != Kind::kMapEnd) {
      Tree keys;
      Node entry;
      if (!(good = events.take_key(keys, entry))) break;
      if (found.back() == nullptr && document_key(entry.key) == DocumentKey::kDefaults) {
        found.back() = std::make_unique<Tree>();
        good = events.build_root(*found.back());
      } else {
        good = events.skip();
      }
      if (!good) break;
    }
    if (!good) break;
  }
  return found;
}

class YamlFile {
 public:
  YamlFile(std::string_view text, Collector& collector)
      : text_(text), events_(text), collector_(collector) {}

  void read() {
    while (events_.next()) {
      if (events_.kind() == Kind::kEnd) return;
      if (events_.kind() == Kind::kDocumentStart) {
        ++documents_;
        continue;
      }
      if (!read_document()) break;
    }
    const YamlEvents::Problem& problem = events_.problem();
    collector_.broken(problem.place, problem.found, problem.accepted);
  }

 private:
  bool read_document() {
    switch (events_.kind()) {
      case Kind::kListStart:
        collector_.begin_document(nullptr, nullptr);
        return read_monitors();
      case Kind::kMapStart:
        return read_root_map();
      default:
        break;
    }
    const bool empty = events_.plain() && events_.text().empty();
    if (!empty) {
      collector_.broken(events_.place(), "a single value is not a monitor",
                        "a map, or a list of maps");
    }
    return true;
  }

  bool read_monitors() {
    while (true) {
      if (!events_.next()) return false;
      if (events_.kind() == Kind::kListEnd) return true;
      tree_.clear();
      if (!events_.build_root(tree_)) return false;
      collector_.monitor(tree_, tree_.root());
    }
  }

  // A map is a monitor, unless it has `monitors`.
  bool read_root_map() {
    Tree root;
    Node node;
    node.kind = Node::Kind::kMap;
    node.place = events_.place();
    root.add(Tree::kNoParent, node);
    bool list = false;
    while (true) {
      if (!events_.next()) return false;
      if (events_.kind() == Kind::kMapEnd) break;
      Node entry;
      if (!events_.take_key(root, entry)) return false;
      if (document_key(entry.key) != DocumentKey::kMonitors) {
        if (!events_.build(root, Tree::kRoot, entry, 2)) return false;
        continue;
      }
      root.add(Tree::kRoot, entry);
      if (!(list ? events_.skip() : read_monitors_of(root, entry))) return false;
      list = true;
    }
    if (list) {
      collector_.check_document_keys(root, root.root());
    } else {
      collector_.begin_document(nullptr, nullptr);
      collector_.monitor(root, root.root());
    }
    return true;
  }

  bool read_monitors_of(const Tree& root, const Node& entry) {
    if (events_.kind() != Kind::kListStart) {
      collector_.broken(entry.key_place, "monitors is not a list", "a list of monitors");
      return events_.skip();
    }
    for (const Node* key = root.first(root.root()); key != nullptr; key = root.next(*key)) {
      if (document_key(key->key) != DocumentKey::kDefaults) continue;
      collector_.begin_document(&root, key);
      return read_monitors();
    }
    if (scanned_.empty()) scanned_ = scan_defaults(text_);
    const Tree* defaults = documents_ <= scanned_.size() ? scanned_[documents_ - 1].get() : nullptr;
    const bool built = defaults != nullptr && !defaults->empty();
    collector_.begin_document(defaults, built ? &defaults->root() : nullptr);
    return read_monitors();
  }

  std::string_view text_;
  YamlEvents events_;
  Collector& collector_;
  std::size_t documents_ = 0;
  std::vector<std::unique_ptr<Tree>> scanned_;
  Tree tree_;
};

}  // namespace

void read_yaml(const SourceText& source, const std::string& name, Collector& collector) {
  const std::string_view text = source.content();
  const YamlLocator locator;
  collector.begin_file(name, locator);
  const std::size_t valid = engine::utf8_valid_prefix(text);
  if (valid != text.size()) {
    const LineColumn where = OffsetLocator(text).locate(valid);
    collector.broken(YamlLocator::place(where.line, where.column), "these bytes are not UTF-8");
  } else {
    YamlFile(text, collector).read();
  }
  collector.end_file();
}

}  // namespace tracer::import
