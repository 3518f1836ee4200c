#include "engine/probe.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "engine/failure_from_errno.h"
#include "engine/probe_facts.h"
#include "engine/probe_state.h"

namespace tracer::engine {
namespace {

constexpr unsigned kOperationShift = kSlotBits;
constexpr unsigned kGenerationShift = kSlotBits + 8;

}  // namespace

ProbePool::ProbePool(const Environment& environment, std::uint32_t slots)
    : environment_(environment), probes_(slots) {
  assert(slots < (1U << kSlotBits));
}
ProbePool::~ProbePool() = default;

const Monitor& ProbePool::monitor(const Probe& probe) const {
  return environment_.subject.monitors->at(probe.outcome.monitor);
}
const CheckPolicy& ProbePool::policy(const Probe& probe) const {
  return environment_.subject.monitors->policy(monitor(probe));
}
Slot ProbePool::slot_of(const Probe& probe) const {
  return static_cast<Slot>(&probe - probes_.data());
}

Token ProbePool::next_token(Probe& probe, Operation operation) {
  assert(probe.pending == Operation::kNone);
  probe.pending = operation;
  return make_token(TokenOwner::kProbe,
                    std::uint64_t{probe.generation} << kGenerationShift |
                        static_cast<std::uint64_t>(operation) << kOperationShift | slot_of(probe));
}

void ProbePool::on_completion(const Completion& completion, const Tick& tick) {
  Probe& probe = probes_[token_slot(completion.token)];
  [[maybe_unused]] const auto generation =
      static_cast<std::uint16_t>(completion.token >> kGenerationShift);
  assert(generation == probe.generation && probe.state != State::kFree);
  const Operation operation = std::exchange(probe.pending, Operation::kNone);
  if (operation == Operation::kClose) {
    on_closed(probe, tick);
    return;
  }
  if (probe.state == State::kClosing || probe.state == State::kNextAddress) {
    close(probe);  // whatever the operation brought comes too late
    return;
  }
  switch (operation) {
    case Operation::kConnect:
      on_connect(probe, completion.result, tick);
      return;
    case Operation::kSend:
      on_sent(probe, completion.result, tick);
      return;
    case Operation::kReceive:
      on_received(probe, completion, tick);
      return;
    case Operation::kNone:
    case Operation::kClose:
      assert(false && "a completion without an operation");
  }
}

void ProbePool::on_sent(Probe& probe, int result, const Tick& tick) {
  if (result <= 0) {
    transfer_failed(probe, -result, tick);
    return;
  }
  probe.outgoing = probe.outgoing.subspan(static_cast<std::size_t>(result));
  if (!probe.outgoing.empty()) {
    send(probe, probe.outgoing);
  } else {
    all_sent(probe, tick);
  }
}

void ProbePool::all_sent(Probe& probe, const Tick& tick) {
  if (probe.tls) probe.tls->clear_output();
  switch (probe.state) {
    case State::kStarttlsReady:
      begin_tls(probe, tick);
      return;
    case State::kFarewell:
      leave(probe);
      return;
    case State::kExchanging:
      if (!awaits_response(policy(probe))) {
        if (!await_refusal(probe, tick)) succeed(probe, tick);
      } else if (probe.tls) {
        decrypt_response(probe, {}, tick);  // its first words may have come with the handshake
      } else {
        response_arrived(probe, tick);
      }
      return;
    default:
      receive(probe);
  }
}

void ProbePool::on_received(Probe& probe, const Completion& completion, const Tick& tick) {
  if (completion.result < 0) {
    transfer_failed(probe, -completion.result, tick);
    return;
  }
  if (completion.result == 0) {
    on_end_of_stream(probe, tick);
    return;
  }
  if (!probe.framing) {
    on_data(probe, completion.data, tick);
    return;
  }
  const auto unwrapped = probe.framing->unwrap(completion.data);
  if (!unwrapped) {
    finish(probe, FailureCode::kStarttlsProtocolError, Phase::kStarttls, probe.framing->error(),
           tick);
  } else if (unwrapped->empty()) {
    receive(probe);
  } else {
    on_data(probe, *unwrapped, tick);
  }
}

void ProbePool::on_data(Probe& probe, std::span<const std::uint8_t> data, const Tick& tick) {
  switch (probe.state) {
    case State::kStarttls:
      starttls_step(probe, probe.starttls->feed(as_text(data)), tick);
      return;
    case State::kHandshaking:
      handshake_step(probe, probe.tls->handshake(data), tick);
      return;
    case State::kRefusalWindow:
      // A server that goes on talking has accepted us; one that refuses sends an alert.
      if (probe.tls->read(data, probe.response) == ssl::Session::Status::kFailed) {
        tls_failed(probe, tick);
      } else {
        succeed(probe, tick);
      }
      return;
    case State::kExchanging:
      if (probe.tls) {
        decrypt_response(probe, data, tick);
      } else {
        probe.response += as_text(data);
        response_arrived(probe, tick);
      }
      return;
    default:
      assert(false && "data in a state that receives none");
  }
}

void ProbePool::on_end_of_stream(Probe& probe, const Tick& tick) {
  switch (probe.state) {
    case State::kStarttls:
      finish(probe, FailureCode::kStarttlsProtocolError, Phase::kStarttls,
             "the server closed before " + probe.starttls->awaited(), tick);
      return;
    case State::kHandshaking:
      handshake_step(probe, probe.tls->peer_closed(), tick);
      return;
    case State::kRefusalWindow:
      (void)probe.tls->peer_closed();
      tls_failed(probe, tick);
      return;
    default:
      response_ended(probe, FailureCode::kResponseClosed, "the server closed", tick);
  }
}

void ProbePool::transfer_failed(Probe& probe, int error, const Tick& tick) {
  if (probe.state == State::kFarewell) {
    leave(probe);
    return;
  }
  const Phase phase = probe.state == State::kExchanging ? Phase::kResponse
                      : probe.tls                       ? Phase::kTls
                                                        : Phase::kStarttls;
  const FailureCode code = failure_from_transfer(error);
  finish(probe, code, phase, failure_info(code).ours ? "transfer: " + errno_text(error) : "", tick);
}

void ProbePool::on_closed(Probe& probe, const Tick& tick) {
  probe.socket_open = false;
  if (probe.state == State::kNextAddress) {
    next_address(probe, tick);
    return;
  }
  leave(probe);
}

void ProbePool::on_deadline(Slot slot, const Tick& tick) {
  Probe& probe = probes_[slot];
  const bool whole_attempt = tick.now_ns >= probe.deadline_ns;
  switch (probe.state) {
    case State::kFree:
    case State::kClosing:
      return;
    case State::kResolving:
      resolving_timed_out(probe, tick);
      return;
    case State::kConnecting:
      if (!whole_attempt && try_next_address(probe, tick)) return;
      [[fallthrough]];
    case State::kNextAddress:
      finish(probe, FailureCode::kConnectionTimeout, Phase::kConnect, "", tick);
      return;
    case State::kStarttls:
    case State::kStarttlsReady:
      finish(probe, FailureCode::kTlsTimeout, Phase::kStarttls,
             "waited in vain for " + probe.starttls->awaited(), tick);
      return;
    case State::kHandshaking:
      finish(probe, FailureCode::kTlsTimeout, Phase::kTls, "", tick);
      return;
    case State::kRefusalWindow:
      succeed(probe, tick);
      return;
    case State::kExchanging:
      response_ended(probe, FailureCode::kResponseTimeout, "the timeout passed", tick);
      return;
    case State::kFarewell:
      leave(probe);
      return;
  }
}

void ProbePool::abort(Slot slot, const Tick& tick) {
  Probe& probe = probes_[slot];
  if (probe.state == State::kFree || probe.state == State::kClosing) return;
  if (probe.state == State::kFarewell) {
    leave(probe);
  } else {
    finish(probe, FailureCode::kLocalShutdown, Phase::kNone, "", tick);
  }
}

void ProbePool::send(Probe& probe, std::span<const std::uint8_t> bytes) {
  probe.outgoing = bytes;
  environment_.ring.send(slot_of(probe), bytes, next_token(probe, Operation::kSend));
}

// In TLS 1.2 the last word of a handshake is the server's, and nothing may be left to send.
void ProbePool::send_tls(Probe& probe, const Tick& tick) {
  if (probe.tls->output().empty()) {
    all_sent(probe, tick);
  } else {
    send(probe, tls_output(probe));
  }
}

std::span<const std::uint8_t> ProbePool::tls_output(Probe& probe) {
  const auto output = probe.tls->output();
  return probe.framing ? probe.framing->wrap(output) : output;
}

void ProbePool::receive(Probe& probe) {
  environment_.ring.receive(slot_of(probe), next_token(probe, Operation::kReceive));
}

void ProbePool::close(Probe& probe) {
  environment_.ring.close(slot_of(probe), next_token(probe, Operation::kClose));
}

void ProbePool::succeed(Probe& probe, const Tick& tick) {
  if (policy(probe).addresses == AddressMode::kAll && probe.more_addresses()) {
    probe.outcome.release_payload();
    (void)try_next_address(probe, tick);
    return;
  }
  finish(probe, FailureCode::kNone, Phase::kNone, "", tick);
}

void ProbePool::finish(Probe& probe, FailureCode code, Phase phase, std::string_view detail,
                       const Tick& tick) {
  Outcome& outcome = probe.outcome;
  if (phase == Phase::kConnect && probe.untried != FailureCode::kNone) {
    // None of the others answered, but the one that we could not try might have.
    code = probe.untried;
    detail = probe.untried_detail;
  }
  outcome.failure = code;
  outcome.failure_phase = phase;
  outcome.set_detail(detail);
  outcome.times.total_ns = tick.now_ns - probe.started_ns;
  const CheckPolicy& policy = this->policy(probe);
  if (probe.state == State::kExchanging && awaits_response(policy)) {
    outcome.set_response(probe.response, reads_response(policy));
  }
  if (probe.state == State::kResolving) environment_.resolver.forget(slot_of(probe));
  environment_.host.finished(outcome);
  outcome.chain = nullptr;  // the host's now
  outcome.body = nullptr;
  if (code == FailureCode::kNone && probe.tls && probe.pending == Operation::kNone) {
    probe.state = State::kFarewell;
    probe.tls->close();
    send_tls(probe, tick);
    return;
  }
  leave(probe);
}

// Goes on towards a free slot: what is under way is cancelled and joined, the socket closed.
void ProbePool::leave(Probe& probe) {
  probe.state = State::kClosing;
  const Slot slot = slot_of(probe);
  if (probe.pending == Operation::kClose) return;
  if (probe.pending != Operation::kNone) {
    environment_.ring.cancel(slot);
  } else if (probe.socket_open) {
    close(probe);
  } else {
    probe.tls.reset();
    probe.framing.reset();
    probe.starttls.reset();
    probe.answered.reset();
    probe.addresses = {};
    probe.response = {};
    probe.state = State::kFree;
    environment_.host.freed(slot);
  }
}

}  // namespace tracer::engine
