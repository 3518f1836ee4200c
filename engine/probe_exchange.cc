#include "engine/probe_state.h"

#include <algorithm>

#include "engine/probe_facts.h"

namespace tracer::engine {

void ProbePool::begin_exchange(Probe& probe, const Tick& tick) {
  const CheckPolicy& policy = this->policy(probe);
  if (policy.exchange.send.empty() && !awaits_response(policy)) {
    if (!await_refusal(probe, tick)) succeed(probe, tick);
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

bool ProbePool::response_expected(const Probe& probe) const {
  const ExchangePolicy& exchange = policy(probe).exchange;
  switch (exchange.expect) {
    case ExchangePolicy::Expect::kSubstring:
      return probe.response.find(exchange.substring) != std::string::npos;
    case ExchangePolicy::Expect::kPattern:
      return exchange.pattern->matches(probe.response);
    case ExchangePolicy::Expect::kNothing:
      break;
  }
  return true;
}

// Enough has come once what is expected is there and all assertions on the response hold: a verdict
// must not hang on how the network cut the response into pieces. Where all that is asked is what
// must *not* come, only the response's end can tell; or the text itself, when it comes.
bool ProbePool::response_complete(Probe& probe) {
  if (!response_expected(probe)) return false;
  const CheckPolicy& policy = this->policy(probe);
  if (!reads_response(policy)) return true;
  Outcome view = probe.outcome;
  view.set_response(probe.response, true);
  bool wanted = policy.exchange.expect != ExchangePolicy::Expect::kNothing;
  bool wanted_here = true;
  bool unwanted_here = false;
  for (const Assertion& assertion : policy.assertions) {
    if (assertion.subject != Assertion::Subject::kResponse) continue;
    const bool holds = evaluate(assertion, view) == AssertionState::kPassed;
    if (assertion.comparison == Assertion::Operator::kNotContains) {
      unwanted_here = unwanted_here || !holds;
    } else {
      wanted = true;
      wanted_here = wanted_here && holds;
    }
  }
  view.chain = nullptr;  // it stays with the probe's outcome
  view.release_payload();
  return unwanted_here || (wanted && wanted_here);
}

void ProbePool::decrypt_response(Probe& probe, std::span<const std::uint8_t> received,
                                 const Tick& tick) {
  const auto status = probe.tls->read(received, probe.response);
  if (status == ssl::Session::Status::kFailed) {
    tls_failed(probe, tick);
  } else if (status == ssl::Session::Status::kDone && !response_complete(probe)) {
    response_ended(probe, FailureCode::kResponseClosed, "the server ended TLS", tick);
  } else {
    response_arrived(probe, tick);
  }
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

// No more will come. Where nothing but assertions is left to hold, they judge what there is.
void ProbePool::response_ended(Probe& probe, FailureCode otherwise, std::string_view how,
                               const Tick& tick) {
  if (!probe.response.empty() && response_expected(probe)) {
    probe.outcome.response_matched = true;
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

}  // namespace tracer::engine
