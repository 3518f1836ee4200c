#include "tests/sim/scenario_crowding.h"

#include <algorithm>
#include <vector>

namespace tracer::sim {
namespace {

engine::IpAddress address(std::uint8_t net, std::uint8_t last) {
  engine::IpAddress address{.family = 4};
  address.bytes[0] = 10;
  address.bytes[1] = net;
  address.bytes[3] = last;
  return address;
}

// Literal ones are those of no name: so it is known who goes there.
constexpr std::uint8_t kLiteralNet = 101;
constexpr std::uint8_t kNamedNet = 102;

}  // namespace

void crowd_addresses(Scenario& scenario, Random& random) {
  sched::ShardOptions& options = scenario.shard;
  const bool counted = random.chance(800);
  if (counted) options.per_address.in_flight = static_cast<std::uint32_t>(random.between(1, 3));
  if (!counted || random.chance(400)) {
    constexpr std::int64_t kIntervals[] = {20 * kMillisecond, 200 * kMillisecond, 2 * kSecond};
    options.per_address.start_interval_ns = random.pick(kIntervals);
  }
  scenario.calm = false;
  options.starts_per_second = 0;
  if (random.chance(500)) options.slots = static_cast<std::uint32_t>(scenario.targets.size());
  const std::int64_t addresses = random.between(1, 3);
  const auto any = [&](std::uint8_t net) {
    return address(net, static_cast<std::uint8_t>(random.between(1, addresses)));
  };
  for (Target& target : scenario.targets) {
    if (target.literal) target.spec.host = any(kLiteralNet).to_string();
  }
  for (Name& name : scenario.names) {
    std::vector<engine::IpAddress> few;
    for (const engine::IpAddress& each : name.addresses) {
      // What the policy denies stays as it is.
      const engine::IpAddress one = options.egress.permits(each) ? any(kNamedNet) : each;
      if (std::ranges::find(few, one) == few.end()) few.push_back(one);
    }
    name.addresses = std::move(few);
  }
}

}  // namespace tracer::sim
