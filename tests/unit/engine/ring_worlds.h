// Rings together with what is at their other end: the kernel's with loopback sockets, the simulated
// one with peers that a test speaks for. So one test serves all of them. Belongs to one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/ring.h"

namespace tracer::engine::testing {

class RingPeer {
 public:
  virtual ~RingPeer() = default;
  virtual void send(std::string_view bytes) = 0;
  virtual std::string receive() = 0;  // waits; empty: the client has closed
  virtual void end_of_stream() = 0;
};

class RingWorld {
 public:
  virtual ~RingWorld() = default;
  // One ring a world. The world outlives it.
  virtual std::unique_ptr<Ring> make_ring(std::uint32_t slots) = 0;
  virtual Endpoint listening() = 0;
  virtual Endpoint refusing() = 0;
  virtual Endpoint hanging() = 0;
  // The next connection to listening(), in the order in which they were made.
  virtual std::unique_ptr<RingPeer> accept() = 0;
};

struct RingWorldFactory {
  const char* name;
  std::unique_ptr<RingWorld> (*create)();
};

std::unique_ptr<RingWorld> uring_world();
std::unique_ptr<RingWorld> epoll_world();
std::unique_ptr<RingWorld> simulated_world();

inline auto ring_worlds() {
  return ::testing::Values(RingWorldFactory{"uring", &uring_world},
                           RingWorldFactory{"epoll", &epoll_world},
                           RingWorldFactory{"simulated", &simulated_world});
}
inline std::string ring_world_name(const ::testing::TestParamInfo<RingWorldFactory>& factory) {
  return factory.param.name;
}

}  // namespace tracer::engine::testing
