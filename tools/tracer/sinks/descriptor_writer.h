// A buffer before a file descriptor: whole lines gathered to few writes. Blocks while the reader is
// slow (that is the back-pressure), and remembers the first error. Belongs to one thread.
//
// REQUIRES: SIGPIPE is ignored in the process, so that a closed pipe is an error and not a death.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "engine/clock.h"

namespace tracer::cli {

class DescriptorWriter {
 public:
  static constexpr std::size_t kFlushBytes = 64 * 1024;
  static constexpr std::int64_t kFlushNs = 200'000'000;

  // Neither is owned; both outlive this. `name` is for error messages: "standard output".
  DescriptorWriter(int descriptor, std::string name, const engine::Clock& clock);

  // Where the descriptor is a file that ends in the middle of a line, such as one that a killed
  // program has left, what is written begins on a line of its own. To be called first.
  void end_torn_line();
  // Append here, then call committed(): it flushes once there is enough, or once it is time.
  std::string& buffer() { return buffer_; }
  void committed();
  // Flushes what has waited long enough.
  void tick();
  // After an error everything later is discarded.
  void flush();
  bool broken() const { return error_ != 0; }
  // The first error as a sentence.
  tl::expected<void, std::string> status() const;

 private:
  int descriptor_;
  std::string name_;
  const engine::Clock& clock_;
  std::string buffer_;
  std::int64_t oldest_ns_ = 0;  // when the buffer began to fill; holds while it is not empty
  bool holding_ = false;
  int error_ = 0;  // errno
};

}  // namespace tracer::cli
