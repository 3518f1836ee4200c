// A document's bytes in memory, with room after them that a parser may read, and the way from a
// byte offset to line and column. Owned by one import, used by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "tools/tracer/import/diagnostics.h"

namespace tracer::import {

class SourceText {
 public:
  static constexpr std::size_t kPadding = 64;  // zero bytes after the text

  // "-" is standard input. The error says why the file cannot be read.
  static tl::expected<SourceText, std::string> load(const std::string& file);
  static SourceText copy(std::string_view text);

  std::string_view view() const { return {bytes_.get(), size_}; }
  // The text without a UTF-8 byte order mark.
  std::string_view content() const;

 private:
  static tl::expected<SourceText, std::string> read_all(int descriptor, std::size_t expected_size);
  void resize(std::size_t capacity);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // without the padding
};

// Places of a SourceText are byte offsets into its view(). A document of one endless line must not
// be counted from its start for every monitor, so counting begins at an anchor that moves along.
class OffsetLocator : public Locator {
 public:
  explicit OffsetLocator(std::string_view text) : text_(text) {}
  LineColumn locate(Place offset) const override;
  // Moves the anchor forward to `offset`; going back is not needed, locate() then counts anew.
  void advance(Place offset);

 private:
  struct Anchor {
    std::size_t offset = 0;
    LineColumn where{1, 1};
  };
  Anchor count_from(Anchor anchor, std::size_t offset) const;

  std::string_view text_;
  Anchor anchor_;
};

}  // namespace tracer::import
