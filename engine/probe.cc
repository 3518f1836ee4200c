#include "engine/probe.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/failure_from_errno.h"
#include "engine/probe_facts.h"

namespace tracer::engine {
namespace {

constexpr unsigned kOperationShift = kSlotBits;
constexpr unsigned kGenerationShift = kSlotBits + 8;

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool awaits_response(const CheckPolicy& policy) {
  return policy.exchange.expect != ExchangePolicy::Expect::kNothing || reads_response(policy);
}

std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace

struct ProbePool::Probe {
  State state = State::kFree;
  Operation pending = Operation::kNone;
  bool socket_open = false;  // true exactly from a connect's submission to its close's completion
  std::uint16_t generation = 0;
  std::uint32_t address_index = 0;
  std::int64_t started_ns = 0;
  std::int64_t phase_started_ns = 0;
  std::int64_t deadline_ns = 0;  // of the whole attempt
  std::shared_ptr<const AddressList> addresses;
  std::span<const std::uint8_t> outgoing;  // what the ring has not sent yet
  std::string command;                     // of STARTTLS; `outgoing` points into it
  std::string response;
  std::unique_ptr<StarttlsDialogue> starttls;
  std::unique_ptr<ssl::Session> tls;
  Outcome outcome;

  bool more_addresses() const {
    return addresses && address_index + 1 < addresses->addresses.size();
  }
};

ProbePool::ProbePool(const Environment& environment, std::uint32_t slots)
    : environment_(environment), probes_(slots) {
  assert(slots < (1U << kSlotBits));
}
ProbePool::~ProbePool() = default;

const Monitor& ProbePool::monitor(const Probe& probe) const {
  return environment_.monitors.at(probe.outcome.monitor);
}
const CheckPolicy& ProbePool::policy(const Probe& probe) const {
  return environment_.monitors.policy(monitor(probe));
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

// ---- from start to connection --------------------------------------------------------------

void ProbePool::start(Slot slot, const Attempt& attempt, const Tick& tick) {
  Probe& probe = probes_[slot];
  assert(probe.state == State::kFree);
  const auto generation = static_cast<std::uint16_t>(probe.generation + 1);
  probe = Probe{};
  probe.generation = generation;
  probe.outcome.monitor = attempt.monitor;
  probe.outcome.attempt = attempt.number;
  probe.outcome.scheduled_unix_ms = attempt.scheduled_unix_ms;
  probe.outcome.started_unix_ms = tick.unix_ms;
  probe.started_ns = tick.now_ns;
  probe.phase_started_ns = tick.now_ns;
  probe.deadline_ns = tick.now_ns + policy(probe).timeout_ms * 1'000'000;
  environment_.host.set_deadline(slot, probe.deadline_ns);
  probe.state = State::kResolving;

  const std::string_view host = environment_.monitors.host(monitor(probe));
  if (const auto literal = IpAddress::parse(host)) {
    take_addresses(probe,
                   {FailureCode::kNone, std::make_shared<AddressList>(AddressList{{*literal}}), {}},
                   tick);
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
  take_addresses(probe, answer, tick);
}

void ProbePool::resolving_timed_out(Probe& probe, const Tick& tick) {
  const Answer answer = environment_.resolver.give_up(slot_of(probe), tick.now_ns);
  const bool too_late = answer.failure == FailureCode::kNone;
  finish(probe, too_late ? FailureCode::kDnsTimeout : answer.failure, Phase::kDns,
         too_late ? "the answer came with the end of the timeout" : answer.detail, tick);
}

// Leaves out the addresses that the monitor's family or source address rules out.
void ProbePool::take_addresses(Probe& probe, const Answer& answer, const Tick& tick) {
  const CheckPolicy& policy = this->policy(probe);
  const auto fits = [&policy](const IpAddress& address) {
    const auto family = static_cast<std::uint8_t>(policy.ip_family);
    return (family == 0 || address.family == family) &&
           (policy.source_address.family == 0 || address.family == policy.source_address.family);
  };
  const auto& all = answer.addresses->addresses;
  if (std::ranges::all_of(all, fits)) {
    probe.addresses = answer.addresses;
  } else {
    auto fitting = std::make_shared<AddressList>();
    std::ranges::copy_if(all, std::back_inserter(fitting->addresses), fits);
    probe.addresses = std::move(fitting);
  }
  if (probe.addresses->addresses.empty()) {
    finish(probe, FailureCode::kDnsNoAddress, Phase::kDns,
           "no address of the family that ip_family or source_address asks for", tick);
    return;
  }
  connect(probe, tick);
}

void ProbePool::connect(Probe& probe, const Tick& tick) {
  probe.outcome.address = probe.addresses->addresses[probe.address_index];
  if (!environment_.egress.permits(probe.outcome.address)) {
    connect_failed(probe, FailureCode::kPolicyDenied,
                   "the egress policy denies " + probe.outcome.address.to_string(), tick);
    return;
  }
  const CheckPolicy& policy = this->policy(probe);
  // One address that does not answer must not use up the time of those after it.
  std::int64_t deadline_ns = probe.deadline_ns;
  if (policy.addresses == AddressMode::kAny) {
    const auto left =
        static_cast<std::int64_t>(probe.addresses->addresses.size() - probe.address_index);
    deadline_ns = tick.now_ns + (probe.deadline_ns - tick.now_ns) / left;
  }
  const Slot slot = slot_of(probe);
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
  if (policy(probe).addresses == AddressMode::kAny && try_next_address(probe)) return;
  finish(probe, code, Phase::kConnect, detail, tick);
}

bool ProbePool::try_next_address(Probe& probe) {
  if (!probe.more_addresses()) return false;
  probe.state = State::kNextAddress;
  environment_.host.set_deadline(slot_of(probe), probe.deadline_ns);
  if (probe.pending != Operation::kNone) {
    environment_.ring.cancel(slot_of(probe));
  } else {
    close(probe);
  }
  return true;
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
        tls.starttls, environment_.monitors.verified_name(monitor(probe)));
    starttls_step(probe, probe.starttls->start(), tick);
  }
}

// ---- STARTTLS and TLS -----------------------------------------------------------------------

void ProbePool::starttls_step(Probe& probe, StarttlsDialogue::Step step, const Tick& tick) {
  using Kind = StarttlsDialogue::Step::Kind;
  probe.command = std::move(step.send);
  switch (step.kind) {
    case Kind::kNeedMore:
      receive(probe);
      return;
    case Kind::kSend:
      send(probe, as_bytes(probe.command));
      return;
    case Kind::kReady:
      probe.outcome.times.starttls_ns = tick.now_ns - probe.phase_started_ns;
      if (probe.command.empty()) {
        begin_tls(probe, tick);
      } else {
        probe.state = State::kStarttlsReady;
        send(probe, as_bytes(probe.command));
      }
      return;
    case Kind::kRefused:
      finish(probe, FailureCode::kStarttlsRefused, Phase::kStarttls, step.detail, tick);
      return;
    case Kind::kProtocolError:
      finish(probe, FailureCode::kStarttlsProtocolError, Phase::kStarttls, step.detail, tick);
      return;
    case Kind::kUnsupported:
      finish(probe, FailureCode::kTlsUnsupportedByProber, Phase::kStarttls, step.detail, tick);
      return;
  }
}

void ProbePool::begin_tls(Probe& probe, const Tick& tick) {
  probe.state = State::kHandshaking;
  probe.phase_started_ns = tick.now_ns;
  probe.starttls.reset();
  const Monitor& monitor = this->monitor(probe);
  probe.tls = ssl::Session::create(environment_.contexts.context(monitor.policy),
                                   environment_.monitors.text(monitor.server_name));
  if (!probe.tls) {
    finish(probe, FailureCode::kLocalResources, Phase::kTls, "no memory for a TLS session", tick);
    return;
  }
  handshake_step(probe, probe.tls->handshake({}), tick);
}

void ProbePool::handshake_step(Probe& probe, ssl::Session::Status status, const Tick& tick) {
  switch (status) {
    case ssl::Session::Status::kWantRead:
      if (probe.tls->output().empty()) {
        receive(probe);
      } else {
        send(probe, probe.tls->output());
      }
      return;
    case ssl::Session::Status::kDone:
      inspect(probe, tick);
      return;
    case ssl::Session::Status::kFailed:
      tls_failed(probe, tick);
      return;
  }
}

// The handshake is done and the client's last flight is still here: the chain is judged now.
void ProbePool::inspect(Probe& probe, const Tick& tick) {
  Outcome& outcome = probe.outcome;
  outcome.times.tls_ns = tick.now_ns - probe.phase_started_ns;
  record_session(*probe.tls, outcome.tls);
  const Monitor& monitor = this->monitor(probe);
  const TlsPolicy& tls = policy(probe).tls;
  ssl::Judgement judgement =
      environment_.judge.judge(probe.tls->peer_chain(), environment_.trust.store(monitor.policy),
                               environment_.monitors.verified_name(monitor), tick.unix_ms / 1000);
  const FailureCode code = failure_from_judgement(judgement.problems, tls);
  const std::string detail = std::move(judgement.detail);
  record_judgement(std::move(judgement), outcome);
  if (code != FailureCode::kNone) {
    finish(probe, code, Phase::kTls, detail, tick);
    return;
  }
  if (probe.tls->unanswered_certificate_request() && !policy(probe).exchange.wanted()) {
    probe.state = State::kRefusalWindow;
    environment_.host.set_deadline(
        slot_of(probe), std::min(probe.deadline_ns, tick.now_ns + limits::kRefusalWindowNs));
    send_tls(probe, tick);
    return;
  }
  begin_exchange(probe, tick);
}

void ProbePool::tls_failed(Probe& probe, const Tick& tick) {
  ssl::Session& session = *probe.tls;
  probe.outcome.tls.alert = session.alert();
  if (!probe.outcome.tls.judged && !session.peer_chain().empty()) {
    // What the server presented is reported even though the handshake did not end.
    const Monitor& monitor = this->monitor(probe);
    record_judgement(
        environment_.judge.judge(session.peer_chain(), environment_.trust.store(monitor.policy),
                                 environment_.monitors.verified_name(monitor), tick.unix_ms / 1000),
        probe.outcome);
  }
  finish(probe, failure_from_session(session.error()), Phase::kTls, session.detail(), tick);
}

// ---- the exchange ---------------------------------------------------------------------------

void ProbePool::begin_exchange(Probe& probe, const Tick& tick) {
  const CheckPolicy& policy = this->policy(probe);
  if (policy.exchange.send.empty() && !awaits_response(policy)) {
    succeed(probe, tick);
    return;
  }
  probe.state = State::kExchanging;
  probe.phase_started_ns = tick.now_ns;
  if (!probe.tls) {
    if (policy.exchange.send.empty()) {
      receive(probe);
    } else {
      send(probe, as_bytes(policy.exchange.send));
    }
    return;
  }
  // The monitor's bytes leave together with the last flight of the handshake.
  if (!policy.exchange.send.empty() && !probe.tls->write(policy.exchange.send)) {
    tls_failed(probe, tick);
    return;
  }
  send_tls(probe, tick);
}

bool ProbePool::response_complete(Probe& probe) {
  const CheckPolicy& policy = this->policy(probe);
  switch (policy.exchange.expect) {
    case ExchangePolicy::Expect::kSubstring:
      return probe.response.find(policy.exchange.substring) != std::string::npos;
    case ExchangePolicy::Expect::kPattern:
      return policy.exchange.pattern->matches(probe.response);
    case ExchangePolicy::Expect::kNothing:
      break;
  }
  // Nothing is expected but by assertions: enough has come once all of those hold.
  Outcome view = probe.outcome;
  view.response_measured = true;
  view.set_response(probe.response, true);
  const bool complete = std::ranges::all_of(policy.assertions, [&view](const Assertion& assertion) {
    return assertion.subject != Assertion::Subject::kResponse ||
           evaluate(assertion, view) == AssertionState::kPassed;
  });
  view.chain = nullptr;  // it stays with the probe's outcome
  view.release_payload();
  return complete;
}

void ProbePool::response_arrived(Probe& probe, const Tick& tick) {
  const bool full = probe.response.size() >= limits::kMaxResponseBytes;
  if (full) probe.response.resize(limits::kMaxResponseBytes);
  if (!probe.response.empty() && response_complete(probe)) {
    probe.outcome.response_matched = true;
    probe.outcome.times.response_ns = tick.now_ns - probe.phase_started_ns;
    succeed(probe, tick);
  } else if (full) {
    response_ended(probe, FailureCode::kResponseTooLarge,
                   std::to_string(limits::kMaxResponseBytes) + " bytes came", tick);
  } else {
    receive(probe);
  }
}

// No more will come. Where only assertions read the response, they judge what there is.
void ProbePool::response_ended(Probe& probe, FailureCode otherwise, std::string_view how,
                               const Tick& tick) {
  const ExchangePolicy& exchange = policy(probe).exchange;
  if (exchange.expect == ExchangePolicy::Expect::kNothing && !probe.response.empty()) {
    probe.outcome.times.response_ns = tick.now_ns - probe.phase_started_ns;
    succeed(probe, tick);
    return;
  }
  const bool mismatch = !probe.response.empty() && otherwise != FailureCode::kResponseTooLarge;
  std::string detail(how);
  detail += mismatch ? " after " + std::to_string(probe.response.size()) +
                           " bytes without what is expected"
                     : " without what is expected";
  finish(probe, mismatch ? FailureCode::kResponseMismatch : otherwise, Phase::kResponse, detail,
         tick);
}

// ---- completions ----------------------------------------------------------------------------

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
    case State::kExchanging: {
      if (!awaits_response(policy(probe))) {
        succeed(probe, tick);
        return;
      }
      // A TLS peer's first words may have come with the end of its handshake.
      if (probe.tls && probe.tls->read({}, probe.response) == ssl::Session::Status::kFailed) {
        tls_failed(probe, tick);
        return;
      }
      response_arrived(probe, tick);
      return;
    }
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
  switch (probe.state) {
    case State::kStarttls:
      starttls_step(probe, probe.starttls->feed(as_text(completion.data)), tick);
      return;
    case State::kHandshaking:
      handshake_step(probe, probe.tls->handshake(completion.data), tick);
      return;
    case State::kRefusalWindow:
      // A server that goes on talking has accepted us; one that refuses sends an alert.
      if (probe.tls->read(completion.data, probe.response) == ssl::Session::Status::kFailed) {
        tls_failed(probe, tick);
      } else {
        succeed(probe, tick);
      }
      return;
    case State::kExchanging: {
      if (!probe.tls) {
        probe.response += as_text(completion.data);
        response_arrived(probe, tick);
        return;
      }
      const auto status = probe.tls->read(completion.data, probe.response);
      if (status == ssl::Session::Status::kFailed) {
        tls_failed(probe, tick);
      } else if (status == ssl::Session::Status::kDone && !response_complete(probe)) {
        response_ended(probe, FailureCode::kResponseClosed, "the server ended TLS", tick);
      } else {
        response_arrived(probe, tick);
      }
      return;
    }
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
    ++probe.address_index;
    probe.tls.reset();
    probe.starttls.reset();
    probe.response.clear();
    probe.outcome.tls = {};
    const std::int64_t dns_ns = probe.outcome.times.dns_ns;
    probe.outcome.times = {};
    probe.outcome.times.dns_ns = dns_ns;
    connect(probe, tick);
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
      if (!whole_attempt && try_next_address(probe)) return;
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

// ---- operations and ends --------------------------------------------------------------------

void ProbePool::send(Probe& probe, std::span<const std::uint8_t> bytes) {
  probe.outgoing = bytes;
  environment_.ring.send(slot_of(probe), bytes, next_token(probe, Operation::kSend));
}

// In TLS 1.2 the last word of a handshake is the server's, and nothing may be left to send.
void ProbePool::send_tls(Probe& probe, const Tick& tick) {
  if (probe.tls->output().empty()) {
    all_sent(probe, tick);
  } else {
    send(probe, probe.tls->output());
  }
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
    (void)try_next_address(probe);
    return;
  }
  finish(probe, FailureCode::kNone, Phase::kNone, "", tick);
}

void ProbePool::finish(Probe& probe, FailureCode code, Phase phase, std::string_view detail,
                       const Tick& tick) {
  Outcome& outcome = probe.outcome;
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
    probe.starttls.reset();
    probe.addresses.reset();
    probe.response = {};
    probe.state = State::kFree;
    environment_.host.freed(slot);
  }
}

}  // namespace tracer::engine
