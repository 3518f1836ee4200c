// What a UringRing is made of at start: an io_uring with what it needs of the kernel, and the
// buffers that receives draw from. For uring_ring.cc alone, on the ring's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

struct io_uring;
struct io_uring_buf_ring;

namespace tracer::engine {

struct UringTrouble {
  std::string sentence;
  bool kernel = false;  // it lacks or forbids what is needed, however small the ring
};

// Sets `ring` up with a table of `slots` files. Where that fails nothing is left to tear down.
tl::expected<void, UringTrouble> set_up_uring(io_uring& ring, std::uint32_t slots);

// Buffers that the kernel picks from when data arrives. Outlives its ring, for the kernel writes
// into it until that is gone.
class UringBuffers {
 public:
  static constexpr int kGroup = 0;

  tl::expected<void, std::string> register_with(io_uring& ring);
  // The kernel filled this buffer: it stays as it is until recycle().
  std::span<const std::uint8_t> lent(std::uint16_t id);
  // Gives what was lent back to the kernel.
  void recycle();

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<io_uring_buf_ring, Free> shared_;
  std::unique_ptr<std::uint8_t[]> memory_;  // resident only as far as it was ever filled
  std::vector<std::uint16_t> lent_;
};

}  // namespace tracer::engine
