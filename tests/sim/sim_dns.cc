#include "tests/sim/sim_dns.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

namespace tracer::sim {

using engine::DnsStatus;
using engine::FailureCode;
using engine::RecordType;

NameServers::NameServers(std::vector<Name> names, Faults& faults, NthFault& nth, std::uint64_t seed)
    : faults_(faults), nth_(nth), random_(seed, 3) {
  for (Name& name : names) {
    const std::string text = name.text;
    zones_.emplace(text, Zone{std::move(name)});
  }
}

const Name& NameServers::name(std::string_view text) const {
  return zones_.find(text)->second.name;
}

Codes NameServers::said(std::string_view name) const {
  const auto found = zones_.find(name);
  return found == zones_.end() ? 0 : found->second.said;
}

void NameServers::say(Zone& zone, Reply& reply, DnsStatus status) {
  reply.status = status;
  reply.addresses.clear();
  switch (status) {
    case DnsStatus::kAddresses:
      return;
    case DnsStatus::kNoData:
      zone.said |= codes(FailureCode::kDnsNoAddress);
      return;
    case DnsStatus::kNotFound:
      zone.said |= codes(FailureCode::kDnsNotFound);
      return;
    case DnsStatus::kServerFailure:
      zone.said |= codes(FailureCode::kDnsServerFailure);
      return;
    case DnsStatus::kLocalFailure:
      zone.said |= codes(FailureCode::kLocalResources);
      return;
    case DnsStatus::kNoAnswer:
      reply.after_ns = kNever;
      zone.said |= codes(FailureCode::kDnsTimeout, FailureCode::kDnsServerFailure);
      return;
  }
}

NameServers::Reply NameServers::ask(std::string_view text, RecordType type, std::int64_t now_ns) {
  Zone& zone = zones_.find(text)->second;
  Reply reply{.status = DnsStatus::kAddresses,
              .ttl_s = random_.between(0, 120),
              .after_ns = random_.between(kMillisecond, 20 * kMillisecond)};
  const std::uint8_t family = type == RecordType::kA ? 4 : 6;
  std::ranges::copy_if(zone.name.addresses, std::back_inserter(reply.addresses),
                       [&](const auto& address) { return address.family == family; });
  if (reply.addresses.size() > 1) faults_.count(Fault::kDnsManyAddresses);
  if (++nth_.seen == nth_.n) {
    constexpr DnsStatus kStatus[] = {DnsStatus::kLocalFailure, DnsStatus::kNotFound,
                                     DnsStatus::kServerFailure, DnsStatus::kNoData,
                                     DnsStatus::kNoAnswer};
    say(zone, reply, kStatus[static_cast<std::size_t>(nth_.kind)]);
  } else if (!zone.name.steady) {
    trouble(zone, reply, now_ns);
  }
  if (reply.status == DnsStatus::kAddresses && reply.addresses.empty()) {
    // The other family has some, so this alone is no failure.
    reply.status = DnsStatus::kNoData;
    if (!zone.name.steady) zone.said |= codes(FailureCode::kDnsNoAddress);
  }
  return reply;
}

void NameServers::trouble(Zone& zone, Reply& reply, std::int64_t now_ns) {
  if (now_ns >= outage_until_ns_ && faults_.strikes(Fault::kDnsOutage, random_)) {
    outage_until_ns_ = now_ns + random_.between(kSecond, 300 * kSecond);
  }
  constexpr std::pair<Fault, DnsStatus> kSayings[] = {
      {Fault::kDnsSilent, DnsStatus::kNoAnswer},
      {Fault::kDnsNotFound, DnsStatus::kNotFound},
      {Fault::kDnsNoData, DnsStatus::kNoData},
      {Fault::kDnsServerFailure, DnsStatus::kServerFailure},
      {Fault::kDnsLocalFailure, DnsStatus::kLocalFailure},
  };
  if (now_ns < outage_until_ns_) {
    say(zone, reply, DnsStatus::kNoAnswer);
    return;
  }
  for (const auto& [fault, status] : kSayings) {
    if (!faults_.strikes(fault, random_)) continue;
    say(zone, reply, status);
    break;
  }
  if (reply.addresses.size() > 1 && faults_.strikes(Fault::kDnsChanged, random_)) {
    std::rotate(reply.addresses.begin(), reply.addresses.begin() + 1, reply.addresses.end());
    reply.addresses.pop_back();
  }
  if (reply.after_ns != kNever && faults_.strikes(Fault::kDnsFamilyLate, random_)) {
    reply.after_ns = random_.between(kMillisecond, 8 * kSecond);
    zone.said |= codes(FailureCode::kDnsTimeout, FailureCode::kDnsServerFailure);
  }
}

SimDnsClient::SimDnsClient(NameServers& servers, SimClock& clock, SimRing& polls,
                           engine::Ring& ring, Trace& trace, std::uint32_t shard)
    : servers_(servers), clock_(clock), ring_(ring), trace_(trace), shard_(shard) {
  polls.readable_at = [this](int descriptor) {
    const std::int64_t after_ns = open_.at(static_cast<std::uint32_t>(descriptor)).reply.after_ns;
    return after_ns == kNever ? kNever : clock_.monotonic_ns() + after_ns;
  };
}

void SimDnsClient::ask(std::string_view name, RecordType type, std::uint32_t id,
                       std::int64_t now_ns) {
  trace_.add(clock_.monotonic_ns(), {What::kAsk, shard_, id, static_cast<std::int64_t>(type)});
  const std::uint32_t number = next_number_++;
  open_.emplace(number, Question{id, now_ns + kTimeoutNs, servers_.ask(name, type, now_ns)});
  ring_.poll(static_cast<int>(number), POLLIN, token_of(number));
}

void SimDnsClient::answer(std::uint32_t number, NameServers::Reply reply) {
  const std::uint32_t id = open_.at(number).id;
  open_.erase(number);
  trace_.add(clock_.monotonic_ns(),
             {What::kReply, shard_, id, static_cast<std::int64_t>(reply.status)});
  replies_.push_back({.id = id,
                      .status = reply.status,
                      .addresses = std::move(reply.addresses),
                      .ttl_s = reply.ttl_s,
                      .detail = "simulated"});
}

void SimDnsClient::on_completion(const engine::Completion& completion, std::int64_t) {
  const auto number = static_cast<std::uint32_t>(completion.token);
  const auto found = open_.find(number);
  // A question that was given up meanwhile has had its reply.
  if (found == open_.end() || completion.result < 0) return;
  answer(number, std::move(found->second.reply));
}

std::int64_t SimDnsClient::next_deadline_ns() const {
  return open_.empty() ? engine::kNoDeadline : open_.begin()->second.gives_up_ns;
}

void SimDnsClient::expire(std::int64_t now_ns) {
  while (!open_.empty() && open_.begin()->second.gives_up_ns <= now_ns) {
    const std::uint32_t number = open_.begin()->first;
    ring_.cancel_poll(token_of(number));
    answer(number, {});
  }
}

void SimDnsClient::take_replies(std::vector<engine::DnsReply>& replies) {
  std::ranges::move(std::exchange(replies_, {}), std::back_inserter(replies));
}

}  // namespace tracer::sim
