#include "tools/tracer/load/ownership.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tools/tracer/sinks/terminal_text.h"

namespace tracer::cli {
namespace {

using Addresses = tl::expected<std::vector<engine::IpAddress>, std::string>;

Addresses addresses_in(std::string_view host, const engine::Answer& answer) {
  if (answer.failure == engine::FailureCode::kNone) return answer.addresses->addresses;
  std::string sentence = fmt::format("whose {} is cannot be told ({}", host,
                                     engine::failure_info(answer.failure).name);
  if (!answer.detail.empty()) sentence += ": " + printable(answer.detail);
  return tl::unexpected(sentence + "); if it is yours, say so by --i-own-this-target");
}

}  // namespace

engine::EgressPolicy loopback_only() {
  engine::EgressPolicy policy;
  for (const std::string_view block : {"127.0.0.0/8", "::1"}) {
    policy.allow.push_back(engine::Network::parse(block).value());
  }
  return policy;
}

std::string ownership_refusal(std::string_view host,
                              const std::vector<engine::IpAddress>& addresses) {
  const engine::EgressPolicy own = loopback_only();
  const auto beyond = std::ranges::find_if_not(
      addresses, [&](const auto& address) { return own.permits(address); });
  if (beyond == addresses.end()) return {};
  const std::string address = beyond->to_string();
  const std::string subject =
      engine::IpAddress::parse(host) ? address : fmt::format("{} is {}, which", host, address);
  return fmt::format(
      "{} is not a loopback address: a load is for a server of your own alone; if this is one, say "
      "so by --i-own-this-target",
      subject);
}

Addresses addresses_of(std::string_view host, engine::IpFamily family,
                       const sched::ShardParts& parts) {
  if (const auto literal = engine::IpAddress::parse(host)) return std::vector{*literal};
  auto ring = parts.ring(1);
  if (!ring) return tl::unexpected(ring.error());
  auto resolver = parts.resolver(**ring);
  if (!resolver) return tl::unexpected(resolver.error());
  const engine::Clock& clock = *parts.clock;
  std::int64_t now_ns = clock.monotonic_ns();
  if (const auto known = (*resolver)->resolve(host, family, 0, now_ns)) {
    return addresses_in(host, *known);
  }
  while (true) {  // a resolver always answers in the end
    const std::int64_t wait_ns =
        std::max<std::int64_t>((*resolver)->next_deadline_ns() - now_ns, 0);
    const auto completions = (*ring)->wait(wait_ns);
    now_ns = clock.monotonic_ns();
    for (const engine::Completion& completion : completions) {
      (*resolver)->on_completion(completion, now_ns);
    }
    (*resolver)->expire(now_ns);
    for (const auto& [waiter, answer] : (*resolver)->take_answers()) {
      return addresses_in(host, answer);
    }
  }
}

}  // namespace tracer::cli
