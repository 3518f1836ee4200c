#include "tools/tracer/state/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tools/tracer/state/state_limits.h"

namespace tracer::cli {
namespace {

std::unique_ptr<char[]> allocate(std::size_t bytes) {
  return std::make_unique<char[]>(bytes + LineReader::kPadding);
}

}  // namespace

LineReader::LineReader(int descriptor)
    : descriptor_(descriptor),
      bytes_(allocate(limits::kFirstLineBufferBytes)),
      capacity_(limits::kFirstLineBufferBytes) {}

std::optional<std::string_view> LineReader::next() {
  if (std::exchange(cut_, false)) pass_over_line();
  std::size_t searched = 0;
  while (true) {
    const std::string_view rest(bytes_.get() + begin_, end_ - begin_);
    const std::size_t length = rest.find('\n', searched);
    if (length != rest.npos) {
      begin_ += length + 1;
      ++number_;
      return rest.substr(0, length);
    }
    searched = rest.size();
    if (rest.size() >= limits::kMaxLineBytes) {
      cut_ = true;
      begin_ = end_;
      ++number_;
      return rest;
    }
    if (fill()) continue;
    if (rest.empty()) return std::nullopt;
    begin_ = end_;
    ++number_;
    return rest;
  }
}

// Reads more behind what is there; false at the end.
bool LineReader::fill() {
  if (ended_) return false;
  if (end_ == capacity_) make_room();
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, bytes_.get() + end_, capacity_ - end_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  ended_ = got <= 0;
  if (ended_) return false;
  end_ += static_cast<std::size_t>(got);
  return true;
}

void LineReader::make_room() {
  if (begin_ == 0) {
    auto larger = allocate(capacity_ * 2);
    std::memcpy(larger.get(), bytes_.get(), end_);
    bytes_ = std::move(larger);
    capacity_ *= 2;
    return;
  }
  std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

// What is left of a line whose beginning has been given.
void LineReader::pass_over_line() {
  while (true) {
    const std::string_view rest(bytes_.get() + begin_, end_ - begin_);
    const std::size_t length = rest.find('\n');
    if (length != rest.npos) {
      begin_ += length + 1;
      return;
    }
    begin_ = 0;
    end_ = 0;
    if (!fill()) return;
  }
}

}  // namespace tracer::cli
