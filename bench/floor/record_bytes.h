// How long the records are that shards hand to the evaluator; bench/instructions holds it to be so,
// since floors know nothing of tracer.
#pragma once

#include <cstddef>

namespace tracer::bench {

inline constexpr std::size_t kRecordBytes = 432;

}  // namespace tracer::bench
