// A plain record that one thread publishes and any thread reads, without locks: each side copies it
// word by word.
//
// Invariants: the fields of T are 64 bits wide, and each is read as it was at some publication; two
// fields may be of two neighbouring ones. Whoever reads a field sees all that its writer did before
// it was published.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace tracer::sched {

template <typename T>
class Published {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0);

 public:
  void store(const T& record) {
    const auto words = std::bit_cast<Words>(record);
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
  }
  T load() const {
    Words words;
    for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    return std::bit_cast<T>(words);
  }

 private:
  static constexpr std::size_t kWords = sizeof(T) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kWords>;

  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace tracer::sched
