// What the program's exit status says, to scripts.
#pragma once

namespace tracer::cli {

enum ExitStatus : int {
  kAllUp = 0,       // degraded counts as up: only warnings failed
  kSomeFailed = 1,  // at least one check is down
  kBadInput = 2,    // bad usage, or a document with errors
  kOwnTrouble = 3,  // no verdict on something (unknown), or a sweep that was cut short
};

}  // namespace tracer::cli
