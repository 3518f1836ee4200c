// The implementations of Ring that talk to the kernel, for tests that all of them must pass. Each
// further one is added here.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/epoll_ring.h"
#include "engine/uring_ring.h"

namespace tracer::engine::testing {

struct RingFactory {
  const char* name;
  tl::expected<std::unique_ptr<Ring>, std::string> (*create)(std::uint32_t slots);
};

inline auto ring_factories() {
  return ::testing::Values(RingFactory{"uring", &create_uring_ring},
                           RingFactory{"epoll", &create_epoll_ring});
}
inline std::string ring_name(const ::testing::TestParamInfo<RingFactory>& factory) {
  return factory.param.name;
}

}  // namespace tracer::engine::testing
