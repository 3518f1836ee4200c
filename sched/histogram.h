// A log-linear histogram of durations: each power of two is split evenly into parts, so that a
// value is known to within one such part of itself: an eighth in a Histogram, less than a hundredth
// in a FineHistogram. One thread records; any thread may read meanwhile, and sees a state that is
// at most some records old.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tracer::sched {

template <unsigned kPartsLog2>
class LogLinearHistogram {
 public:
  static constexpr std::size_t kParts = std::size_t{1} << kPartsLog2;
  static constexpr std::size_t kBuckets = (64 - kPartsLog2) * kParts + kParts;
  using Counts = std::array<std::uint64_t, kBuckets>;

  // Negative durations count as none.
  void record(std::int64_t duration_ns) {
    auto& count = counts_[bucket_of(duration_ns < 0 ? 0 : static_cast<std::uint64_t>(duration_ns))];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  void add_to(Counts& counts) const {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
  }

  // The least duration that `share` (0 to 1) of all records do not exceed, rounded up to the end
  // of its bucket; 0 where there are none.
  static std::int64_t quantile_ns(const Counts& counts, double share) {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    if (total == 0) return 0;
    const double wanted = share * static_cast<double>(total);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts[i];
      if (counts[i] != 0 && static_cast<double>(seen) >= wanted) return last_of(i);
    }
    return last_of(kBuckets - 1);
  }

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kParts) return static_cast<std::size_t>(value);
    const auto exponent = static_cast<unsigned>(std::bit_width(value)) - 1 - kPartsLog2;
    return exponent * kParts + static_cast<std::size_t>(value >> exponent);
  }
  // The greatest value of a bucket.
  static std::int64_t last_of(std::size_t bucket) {
    if (bucket < 2 * kParts) return static_cast<std::int64_t>(bucket);
    const auto exponent = static_cast<unsigned>(bucket / kParts - 1);
    const std::uint64_t part = bucket - exponent * kParts + 1;
    return static_cast<std::int64_t>((part << exponent) - 1);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

using Histogram = LogLinearHistogram<3>;
using FineHistogram = LogLinearHistogram<7>;

}  // namespace tracer::sched
