// SIGINT and SIGTERM as a descriptor that becomes readable and stays so, for commands that wait.
// Main thread.
#pragma once

#include "tools/tracer/signals.h"

namespace tracer::cli {

class Interruption {
 public:
  explicit Interruption(Signals& signals);  // outlives this
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  int descriptor() const { return descriptor_; }  // -1 where there is none left

 private:
  Signals& signals_;
  const int descriptor_;
};

}  // namespace tracer::cli
