// A file descriptor whose text a test reads back.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace tracer::cli {

class CapturedOutput {
 public:
  CapturedOutput() : descriptor_(::memfd_create("captured", MFD_CLOEXEC)) {}
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  // Everything written so far.
  std::string text() const {
    std::string all(1 << 22, '\0');
    const ssize_t length = ::pread(descriptor_, all.data(), all.size(), 0);
    all.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return all;
  }

 private:
  int descriptor_;
};

}  // namespace tracer::cli
