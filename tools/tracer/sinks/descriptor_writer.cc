#include "tools/tracer/sinks/descriptor_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace tracer::cli {
namespace {

// Returns 0 or an errno. A descriptor that another program made non-blocking is waited for.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{descriptor, POLLOUT, 0};
      if (::poll(&ready, 1, -1) < 0 && errno != EINTR) return errno;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Standard output is often open for writing alone, so the file is opened once more for its end. One
// that may not be read is taken to be whole.
bool ends_within_a_line(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
  const off_t end = appends ? status.st_size : ::lseek(descriptor, 0, SEEK_CUR);
  if (end <= 0) return false;
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  const int readable = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (readable < 0) return false;
  char last = '\n';
  const bool torn = ::pread(readable, &last, 1, end - 1) == 1 && last != '\n';
  ::close(readable);
  return torn;
}

}  // namespace

DescriptorWriter::DescriptorWriter(int descriptor, std::string name, const engine::Clock& clock)
    : descriptor_(descriptor), name_(std::move(name)), clock_(clock) {
  buffer_.reserve(2 * kFlushBytes);
}

void DescriptorWriter::end_torn_line() {
  if (ends_within_a_line(descriptor_)) buffer_ += '\n';
}

void DescriptorWriter::committed() {
  if (buffer_.empty()) return;
  if (!std::exchange(holding_, true)) oldest_ns_ = clock_.monotonic_ns();
  if (buffer_.size() >= kFlushBytes) {
    flush();
  } else {
    tick();
  }
}

void DescriptorWriter::tick() {
  if (holding_ && clock_.monotonic_ns() - oldest_ns_ >= kFlushNs) flush();
}

void DescriptorWriter::flush() {
  if (error_ == 0 && !buffer_.empty()) error_ = write_all(descriptor_, buffer_);
  buffer_.clear();
  holding_ = false;
}

tl::expected<void, std::string> DescriptorWriter::status() const {
  if (error_ == 0) return {};
  const std::string reason = std::generic_category().message(error_);
  return tl::make_unexpected("cannot write to " + name_ + ": " + reason);
}

}  // namespace tracer::cli
