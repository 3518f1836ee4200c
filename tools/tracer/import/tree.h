// One monitor's worth of a document, whatever notation it came in: a tree of values with their
// places. A front end fills it, the schema reads it, and the next monitor reuses its memory.
// Owned by one thread.
//
// Invariants: texts are views into the source or into the tree's own store, valid until clear().
// Node addresses hold while nothing is added. The root is the first node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tracer::import {

// Where something stands in a document; only the document's Locator can tell what it means.
using Place = std::uint64_t;

struct Node {
  enum class Kind : std::uint8_t {
    kNull,
    kBool,    // text: "true" or "false"
    kNumber,  // text: as written
    kString,
    kPlain,  // an unquoted YAML scalar: text, number or bool, as the schema wants it
    kList,
    kMap,
  };
  Kind kind = Kind::kNull;
  std::uint32_t first_child = 0;  // 0: none, for the root is nobody's child
  std::uint32_t last_child = 0;
  std::uint32_t next = 0;
  std::uint32_t child_count = 0;
  std::string_view key;  // of an entry of a map
  Place key_place = 0;
  std::string_view text;
  Place place = 0;
};

class Tree {
 public:
  static constexpr std::uint32_t kRoot = 0;
  static constexpr std::uint32_t kNoParent = UINT32_MAX;

  void clear() {
    nodes_.clear();
    block_ = 0;
    block_used_ = 0;
  }
  bool empty() const { return nodes_.empty(); }
  std::size_t size() const { return nodes_.size(); }
  const Node& root() const { return nodes_.front(); }
  const Node* first(const Node& parent) const { return node_or_null(parent.first_child); }
  const Node* next(const Node& node) const { return node_or_null(node.next); }

  // Adds the last child of `parent`, or with kNoParent the root, and returns its index.
  std::uint32_t add(std::uint32_t parent, const Node& node) {
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back(node);
    if (parent == kNoParent) return index;
    Node& above = nodes_[parent];
    if (above.last_child != 0) {
      nodes_[above.last_child].next = index;
    } else {
      above.first_child = index;
    }
    above.last_child = index;
    ++above.child_count;
    return index;
  }

  // Copies a text whose bytes will not outlive the call.
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* to = reserve(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

 private:
  static constexpr std::size_t kBlockBytes = 16 * 1024;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  const Node* node_or_null(std::uint32_t index) const {
    return index == 0 ? nullptr : &nodes_[index];
  }

  char* reserve(std::size_t size) {
    while (block_ < blocks_.size() && blocks_[block_].size - block_used_ < size) {
      ++block_;
      block_used_ = 0;
    }
    if (block_ == blocks_.size()) {
      const std::size_t bytes = size > kBlockBytes ? size : kBlockBytes;
      blocks_.push_back({std::make_unique<char[]>(bytes), bytes});
      block_used_ = 0;
    }
    char* at = blocks_[block_].bytes.get() + block_used_;
    block_used_ += size;
    return at;
  }

  std::vector<Node> nodes_;
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t block_used_ = 0;
};

}  // namespace tracer::import
