#include "tools/tracer/import/source_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/tracer/import/import_limits.h"

namespace tracer::import {
namespace {

constexpr std::size_t kFirstReadBytes = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ > STDERR_FILENO) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

tl::unexpected<std::string> unreadable(int error) {
  return tl::make_unexpected(std::string("cannot be read: ") + std::strerror(error));
}

}  // namespace

void SourceText::resize(std::size_t capacity) {
  std::unique_ptr<char[]> larger(new char[capacity + kPadding]);  // not zeroed: it may be huge
  if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
  bytes_ = std::move(larger);
  capacity_ = capacity;
}

tl::expected<SourceText, std::string> SourceText::read_all(int descriptor,
                                                           std::size_t expected_size) {
  SourceText text;
  text.resize(std::max(expected_size, kFirstReadBytes));
  for (;;) {
    if (text.size_ == text.capacity_) {
      if (text.size_ >= limits::kMaxDocumentBytes) {
        return tl::make_unexpected(std::string("larger than 4 GiB"));
      }
      text.resize(std::min(text.capacity_ * 2, limits::kMaxDocumentBytes));
    }
    const ssize_t got =
        ::read(descriptor, text.bytes_.get() + text.size_, text.capacity_ - text.size_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno);
    if (got == 0) break;
    text.size_ += static_cast<std::size_t>(got);
  }
  std::memset(text.bytes_.get() + text.size_, 0, kPadding);
  return text;
}

tl::expected<SourceText, std::string> SourceText::load(const std::string& file) {
  if (file == "-") return read_all(STDIN_FILENO, 0);
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) return unreadable(errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return unreadable(errno);
  const auto size = S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
  if (size > limits::kMaxDocumentBytes) {
    return tl::make_unexpected(std::string("larger than 4 GiB"));
  }
  return read_all(descriptor.get(), size + 1);  // one more, to meet the end without growing
}

SourceText SourceText::copy(std::string_view text) {
  SourceText copied;
  copied.resize(text.size());
  if (!text.empty()) std::memcpy(copied.bytes_.get(), text.data(), text.size());
  copied.size_ = text.size();
  std::memset(copied.bytes_.get() + copied.size_, 0, kPadding);
  return copied;
}

std::string_view SourceText::content() const {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view text = view();
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return text;
}

OffsetLocator::Anchor OffsetLocator::count_from(Anchor anchor, std::size_t offset) const {
  const std::string_view passed = text_.substr(anchor.offset, offset - anchor.offset);
  const auto is_character = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  };
  const std::size_t last_newline = passed.rfind('\n');
  std::string_view tail = passed;
  if (last_newline != std::string_view::npos) {
    anchor.where.line += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
    anchor.where.column = 1;
    tail = passed.substr(last_newline + 1);
  }
  anchor.where.column +=
      static_cast<std::size_t>(std::count_if(tail.begin(), tail.end(), is_character));
  anchor.offset = offset;
  return anchor;
}

LineColumn OffsetLocator::locate(Place offset) const {
  const std::size_t at = std::min<std::size_t>(offset, text_.size());
  return count_from(at >= anchor_.offset ? anchor_ : Anchor{}, at).where;
}

void OffsetLocator::advance(Place offset) {
  const std::size_t at = std::min<std::size_t>(offset, text_.size());
  if (at > anchor_.offset) anchor_ = count_from(anchor_, at);
}

}  // namespace tracer::import
