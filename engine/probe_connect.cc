#include "engine/probe_state.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "engine/failure_from_errno.h"

namespace tracer::engine {

void ProbePool::start(Slot slot, const Attempt& attempt, const Tick& tick) {
  Probe& probe = probes_[slot];
  assert(probe.state == State::kFree);
  const auto generation = static_cast<std::uint16_t>(probe.generation + 1);
  probe = Probe{};
  probe.generation = generation;
  probe.outcome.monitor = attempt.monitor;
  probe.outcome.attempt = attempt.number;
  probe.outcome.check = attempt.check;
  probe.outcome.scheduled_unix_ms = attempt.scheduled_unix_ms;
  probe.outcome.started_unix_ms = tick.unix_ms;
  probe.outcome.late_ns = attempt.late_ns;
  probe.outcome.skipped = attempt.skipped;
  probe.outcome.warm_up = attempt.warm_up;
  probe.started_ns = tick.now_ns;
  probe.phase_started_ns = tick.now_ns;
  probe.deadline_ns =
      std::min(tick.now_ns + policy(probe).timeout_ms * 1'000'000, attempt.not_after_ns);
  environment_.host.set_deadline(slot, probe.deadline_ns);
  probe.state = State::kResolving;

  const std::string_view host = environment_.subject.monitors->host(monitor(probe));
  if (const auto literal = IpAddress::parse(host)) {
    probe.literal = *literal;
    take_addresses(probe, {&probe.literal, 1}, tick);
    return;
  }
  auto answer = environment_.resolver.resolve(host, policy(probe).ip_family, slot, tick.now_ns);
  if (answer) on_answer(slot, *answer, tick);
}

void ProbePool::on_answer(Slot slot, const Answer& answer, const Tick& tick) {
  Probe& probe = probes_[slot];
  if (probe.state != State::kResolving) return;
  if (answer.failure != FailureCode::kNone) {
    finish(probe, answer.failure, Phase::kDns, answer.detail, tick);
    return;
  }
  probe.outcome.times.dns_ns = tick.now_ns - probe.started_ns;
  probe.answered = answer.addresses;
  take_addresses(probe, probe.answered->addresses, tick);
}

void ProbePool::resolving_timed_out(Probe& probe, const Tick& tick) {
  const Answer answer = environment_.resolver.give_up(slot_of(probe), tick.now_ns);
  const bool too_late = answer.failure == FailureCode::kNone;
  finish(probe, too_late ? FailureCode::kDnsTimeout : answer.failure, Phase::kDns,
         too_late ? "the answer came with the end of the timeout" : answer.detail, tick);
}

// Leaves out the addresses that the monitor's family or source address rules out.
void ProbePool::take_addresses(Probe& probe, std::span<const IpAddress> all, const Tick& tick) {
  const CheckPolicy& policy = this->policy(probe);
  const auto fits = [&policy](const IpAddress& address) {
    const auto family = static_cast<std::uint8_t>(policy.ip_family);
    return (family == 0 || address.family == family) &&
           (policy.source_address.family == 0 || address.family == policy.source_address.family);
  };
  probe.addresses = all;
  if (!std::ranges::all_of(all, fits)) {
    auto fitting = std::make_shared<AddressList>();
    std::ranges::copy_if(all, std::back_inserter(fitting->addresses), fits);
    probe.addresses = fitting->addresses;
    probe.answered = std::move(fitting);
  }
  if (probe.addresses.empty()) {
    finish(probe, FailureCode::kDnsNoAddress, Phase::kDns,
           "no address of the family that ip_family or source_address asks for", tick);
    return;
  }
  connect(probe, tick);
}

void ProbePool::connect(Probe& probe, const Tick& tick) {
  probe.outcome.address = probe.addresses[probe.address_index];
  if (!environment_.egress.permits(probe.outcome.address)) {
    connect_failed(probe, FailureCode::kPolicyDenied,
                   "the egress policy denies " + probe.outcome.address.to_string(), tick);
    return;
  }
  const Slot slot = slot_of(probe);
  if (!environment_.host.may_connect(slot, probe.outcome.address)) {
    leave(probe);
    return;
  }
  const CheckPolicy& policy = this->policy(probe);
  // One address that does not answer must not use up the time of those after it.
  std::int64_t deadline_ns = probe.deadline_ns;
  if (policy.addresses == AddressMode::kAny) {
    const auto left = static_cast<std::int64_t>(probe.addresses.size() - probe.address_index);
    deadline_ns = tick.now_ns + (probe.deadline_ns - tick.now_ns) / left;
  }
  environment_.host.set_deadline(slot, deadline_ns);
  probe.state = State::kConnecting;
  probe.phase_started_ns = tick.now_ns;
  probe.socket_open = true;
  environment_.ring.connect(slot, {probe.outcome.address, monitor(probe).port},
                            policy.source_address, next_token(probe, Operation::kConnect));
}

void ProbePool::on_connect(Probe& probe, int result, const Tick& tick) {
  if (result != 0) {
    const FailureCode code = failure_from_connect(-result);
    const bool ours = failure_info(code).ours;
    connect_failed(probe, code, ours ? "connect: " + errno_text(-result) : "", tick);
    return;
  }
  probe.outcome.times.connect_ns = tick.now_ns - probe.phase_started_ns;
  environment_.host.set_deadline(slot_of(probe), probe.deadline_ns);
  connected(probe, tick);
}

void ProbePool::connect_failed(Probe& probe, FailureCode code, std::string_view detail,
                               const Tick& tick) {
  if (failure_info(code).ours && probe.untried == FailureCode::kNone) {
    probe.untried = code;
    probe.untried_detail = detail;
  }
  if (policy(probe).addresses == AddressMode::kAny && try_next_address(probe, tick)) return;
  finish(probe, code, Phase::kConnect, detail, tick);
}

bool ProbePool::try_next_address(Probe& probe, const Tick& tick) {
  if (!probe.more_addresses()) return false;
  probe.state = State::kNextAddress;
  environment_.host.set_deadline(slot_of(probe), probe.deadline_ns);
  if (probe.pending != Operation::kNone) {
    environment_.ring.cancel(slot_of(probe));
  } else if (probe.socket_open) {
    close(probe);
  } else {
    next_address(probe, tick);
  }
  return true;
}

void ProbePool::next_address(Probe& probe, const Tick& tick) {
  ++probe.address_index;
  probe.tls.reset();
  probe.framing.reset();
  probe.starttls.reset();
  probe.response.clear();
  probe.outcome.tls = {};
  probe.outcome.response_matched = false;
  probe.outcome.times = {.dns_ns = probe.outcome.times.dns_ns};
  connect(probe, tick);
}

void ProbePool::connected(Probe& probe, const Tick& tick) {
  const TlsPolicy& tls = policy(probe).tls;
  if (!tls.enabled) {
    begin_exchange(probe, tick);
  } else if (tls.starttls == StarttlsProtocol::kNone) {
    begin_tls(probe, tick);
  } else {
    probe.state = State::kStarttls;
    probe.phase_started_ns = tick.now_ns;
    probe.starttls = std::make_unique<StarttlsDialogue>(
        tls.starttls, environment_.subject.monitors->verified_name(monitor(probe)));
    starttls_step(probe, probe.starttls->start(), tick);
  }
}

}  // namespace tracer::engine
