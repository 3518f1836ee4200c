// The lines of a file of any length, one at a time, in bounded memory. Belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tracer::cli {

class LineReader {
 public:
  static constexpr std::size_t kPadding = 64;  // readable bytes after a line

  // The descriptor is not owned and outlives the reader.
  explicit LineReader(int descriptor);

  // The next line without its end, valid until the next call; nothing at the end of the file or
  // after an error. One that is longer than kMaxLineBytes comes as its beginning, and is_cut().
  std::optional<std::string_view> next();
  bool is_cut() const { return cut_; }
  std::uint64_t number() const { return number_; }  // of that line, from 1
  int error() const { return error_; }              // errno; 0: none

 private:
  bool fill();
  void make_room();
  void pass_over_line();

  int descriptor_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;
  std::size_t begin_ = 0;  // of what has not been given yet
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  bool cut_ = false;
  bool ended_ = false;
  int error_ = 0;
};

}  // namespace tracer::cli
