#include "engine/probe_state.h"

#include <algorithm>
#include <utility>

#include "engine/probe_facts.h"

namespace tracer::engine {

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
  probe.tls = ssl::Session::create(environment_.subject.contexts->context(monitor.policy),
                                   environment_.subject.monitors->text(monitor.server_name));
  if (!probe.tls) {
    finish(probe, FailureCode::kLocalResources, Phase::kTls, "no memory for a TLS session", tick);
    return;
  }
  if (policy(probe).tls.starttls == StarttlsProtocol::kMssql) {
    probe.framing = std::make_unique<TdsFraming>();
  }
  handshake_step(probe, probe.tls->handshake({}), tick);
}

void ProbePool::handshake_step(Probe& probe, ssl::Session::Status status, const Tick& tick) {
  switch (status) {
    case ssl::Session::Status::kWantRead:
      if (probe.tls->output().empty()) {
        receive(probe);
      } else {
        send(probe, tls_output(probe));
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

ssl::Judgement ProbePool::judge_peer(const Probe& probe, const Tick& tick) {
  const Monitor& monitor = this->monitor(probe);
  ssl::JudgeOptions options;
  options.revocation = environment_.subject.trust->revocation(monitor.policy);
  options.ocsp_response = probe.tls->staple();
  return environment_.judge.judge(
      probe.tls->peer_chain(), environment_.subject.trust->store(monitor.policy),
      environment_.subject.monitors->verified_name(monitor), tick.unix_ms / 1000, options);
}

// The handshake is done and the client's last flight is still here: the chain is judged now.
void ProbePool::inspect(Probe& probe, const Tick& tick) {
  Outcome& outcome = probe.outcome;
  outcome.times.tls_ns = tick.now_ns - probe.phase_started_ns;
  record_session(*probe.tls, outcome.tls);
  if (probe.framing) probe.framing->handshake_done(probe.tls->output().size());
  ssl::Judgement judgement = judge_peer(probe, tick);
  const FailureCode code = failure_from_judgement(judgement.problems, policy(probe).tls);
  const std::string detail = std::move(judgement.detail);
  record_judgement(std::move(judgement), outcome);
  if (code != FailureCode::kNone) {
    finish(probe, code, Phase::kTls, detail, tick);
    return;
  }
  begin_exchange(probe, tick);
}

// Where a response is awaited it shows whether the server took us and our certificate, or its
// absence; where none is, the server is given a moment to say no.
bool ProbePool::await_refusal(Probe& probe, const Tick& tick) {
  if (!probe.tls || !probe.tls->may_still_refuse()) return false;
  probe.state = State::kRefusalWindow;
  environment_.host.set_deadline(
      slot_of(probe), std::min(probe.deadline_ns, tick.now_ns + limits::kRefusalWindowNs));
  send_tls(probe, tick);
  return true;
}

void ProbePool::tls_failed(Probe& probe, const Tick& tick) {
  ssl::Session& session = *probe.tls;
  probe.outcome.tls.alert = session.alert();
  if (!probe.outcome.tls.judged && !session.peer_chain().empty()) {
    // What the server presented is reported even though the handshake did not end.
    record_judgement(judge_peer(probe, tick), probe.outcome);
  }
  finish(probe, failure_from_session(session.error()), Phase::kTls, session.detail(), tick);
}

}  // namespace tracer::engine
