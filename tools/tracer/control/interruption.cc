#include "tools/tracer/control/interruption.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace tracer::cli {

Interruption::Interruption(Signals& signals)
    : signals_(signals), descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  signals_.attach([descriptor = descriptor_](int) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(descriptor, &one, sizeof one);
  });
}

Interruption::~Interruption() {
  signals_.release();
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tracer::cli
