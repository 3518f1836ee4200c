// Writes what the fleet is as text: the list of services, and monitor documents for `tracer` over
// 127/8 addresses and services. Pure but for the writer it is given; deterministic.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "tools/fleetsim/service.h"

namespace tracer::fleetsim {

struct EmitOptions {
  std::uint64_t count = 0;
  std::uint16_t base_port = 0;
  double tls_share = 1.0 / 3;  // of the monitors; 0 to 1
  bool failing_too = false;    // every service in turn, else the healthy ones by weight
  bool ndjson = false;
  std::vector<std::string> only;              // names of services; empty: all
  std::string ca_file = "build/demo/ca.pem";  // named in the TLS monitors
};

inline constexpr std::uint64_t kMaxEmitted = 254ULL * 254 * 254;  // one address each

using Writer = std::function<bool(std::string_view)>;  // false: give up

// The error is one sentence: an unknown name, or no service for a share that is asked for.
tl::expected<void, std::string> emit_monitors(std::span<const Service> services,
                                              const EmitOptions& options, const Writer& write);

std::string list_text(std::span<const Service> services, std::uint16_t base_port);
// {"base_port":…,"services":[{"name","port","about","tls","expect","monitor"}]}
std::string list_json(std::span<const Service> services, std::uint16_t base_port,
                      std::string_view ca_file);

}  // namespace tracer::fleetsim
