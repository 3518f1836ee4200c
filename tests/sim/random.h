// Random numbers that are the same on every machine and with every standard library: xoshiro256**
// (Blackman and Vigna 2018), seeded by splitmix64. A value of one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tracer::sim {

// Steele, Lea and Flood 2014: one step of a counter, scrambled.
constexpr std::uint64_t splitmix64(std::uint64_t& counter) {
  counter += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = counter;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31;
}

class Random {
 public:
  // Streams of one seed are independent of each other, so that a draw more or less in one part of a
  // simulation leaves the others as they were.
  explicit constexpr Random(std::uint64_t seed, std::uint64_t stream = 0) {
    std::uint64_t counter = seed ^ splitmix64(stream);
    for (std::uint64_t& word : state_) word = splitmix64(counter);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // 0 … bound − 1. The bias of the remainder is below 2^-32 for all that is asked here.
  constexpr std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // low … high
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  constexpr bool chance(std::uint32_t per_mille) { return below(1000) < per_mille; }
  template <typename T>
  constexpr const T& pick(std::span<const T> from) {
    return from[below(from.size())];
  }
  template <typename T, std::size_t N>
  constexpr const T& pick(const T (&from)[N]) {
    return from[below(N)];
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t word, int by) {
    return word << by | word >> (64 - by);
  }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace tracer::sim
