#include "tests/sim/network.h"

#include <cerrno>
#include <utility>

namespace tracer::sim {
namespace {

using engine::FailureCode;

struct TemperFault {
  Temper temper;
  Fault fault;
};
constexpr TemperFault kTemperFaults[] = {
    {Temper::kSilent, Fault::kPeerSilent},
    {Temper::kDribbles, Fault::kPeerDribbles},
    {Temper::kCloses, Fault::kPeerCloses},
    {Temper::kEndless, Fault::kPeerEndless},
    {Temper::kLies, Fault::kPeerLies},
    {Temper::kStarttlsRefused, Fault::kStarttlsRefused},
    {Temper::kStarttlsGarbage, Fault::kStarttlsGarbage},
    {Temper::kStarttlsInjected, Fault::kStarttlsInjected},
    {Temper::kChainExpired, Fault::kChainExpired},
    {Temper::kChainOfAnother, Fault::kChainOfAnother},
    {Temper::kChainUntrusted, Fault::kChainUntrusted},
    {Temper::kHandshakeCut, Fault::kHandshakeCut},
};

}  // namespace

Network::Network(const Scenario& scenario, Faults& faults)
    : scenario_(scenario),
      faults_(faults),
      random_(scenario.seed, 2),
      met_(scenario.targets.size(), 0) {}

Temper Network::draw_temper(const Target& target, std::size_t met) {
  if (met < target.tempers.size()) return target.tempers[met];
  if (target.temper) return *target.temper;
  for (const auto& [temper, fault] : kTemperFaults) {
    if (!makes_sense(target.service.kind, temper)) continue;
    if (random_.chance(faults_.weight(fault))) return temper;
  }
  return Temper::kPerfect;
}

Meeting Network::meet(const engine::Endpoint& endpoint, std::int64_t now_ns) {
  const std::size_t monitor = endpoint.port - std::size_t{kFirstPort};
  const Target& target = scenario_.targets[monitor];
  const Temper temper = draw_temper(target, met_[monitor]++);
  for (const auto& [each, fault] : kTemperFaults) {
    if (each == temper) faults_.count(fault);
  }
  if (temper == Temper::kRefuses) {
    return {-ECONNREFUSED, now_ns, nullptr, codes(FailureCode::kConnectionRefused)};
  }
  if (temper == Temper::kBlackHole) {
    return {0, kNever, nullptr, codes(FailureCode::kConnectionTimeout)};
  }
  Meeting meeting{0, now_ns + random_.between(0, kMillisecond), nullptr, 0};
  meeting.peer = make_peer(target.service, temper, random_, meeting.at_ns);
  meeting.allowed = meeting.peer->allowed;
  return meeting;
}

}  // namespace tracer::sim
