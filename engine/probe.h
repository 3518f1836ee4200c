// One attempt at one monitor, from name to outcome: resolve → connect → STARTTLS → handshake →
// judge → exchange → close. A ProbePool drives as many of them at a time as its ring has slots.
//
// Belongs to one shard, on its thread. Time is frozen within a tick: every call is given the Tick
// it belongs to.
//
// Invariants:
//  1. Every start() leads to exactly one ProbeHost::finished(), at the latest when the deadline
//     that was set for its slot has fired; or, where the host did not let it connect, to freed()
//     alone.
//  2. A slot has at most one operation with the ring at a time, and is freed (ProbeHost::freed())
//     only after its operation has completed and its socket is closed.
//  3. With verification on, no byte of a monitor's own leaves before the chain has been judged.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/egress_policy.h"
#include "engine/monitor.h"
#include "engine/name_resolver.h"
#include "engine/outcome.h"
#include "engine/ring.h"
#include "engine/starttls.h"
#include "engine/tls_assets.h"
#include "ssl/session.h"
#include "ssl/trust.h"

namespace tracer::engine {

struct Tick {
  std::int64_t now_ns = 0;   // monotonic
  std::int64_t unix_ms = 0;  // wall clock
};

struct Attempt {
  std::uint32_t monitor = 0;
  std::uint8_t number = 1;
  std::int64_t scheduled_unix_ms = 0;
  std::int64_t not_after_ns = INT64_MAX;  // ends sooner than its timeout where this comes first
  std::int64_t late_ns = 0;               // how long after its due time it starts
  std::uint32_t skipped = 0;              // checks whose due times have passed by that
  std::uint64_t check = 0;                // the number of its check, among those of the shard
  bool warm_up = false;                   // of a load: made before what is measured
};

// What a probe asks of the shard that owns it.
class ProbeHost {
 public:
  virtual ~ProbeHost() = default;
  // Asked before each connect of an attempt. At the first one the host may say no: then the attempt
  // has not been made, and its slot is freed.
  virtual bool may_connect(Slot, const IpAddress&) { return true; }
  // Moves the slot's one deadline; on_deadline() is due then.
  virtual void set_deadline(Slot slot, std::int64_t deadline_ns) = 0;
  // Takes over the outcome's payload.
  virtual void finished(const Outcome& outcome) = 0;
  // The slot's deadline is void and the slot may be started again.
  virtual void freed(Slot slot) = 0;
};

class ProbePool {
 public:
  // What is probed, and what that needs: one belongs to the other.
  struct Subject {
    const MonitorSet* monitors;
    const TrustStores* trust;
    const TlsContexts* contexts;
  };
  struct Environment {
    Subject subject;
    const EgressPolicy& egress;
    ssl::ChainJudge& judge;
    NameResolver& resolver;
    Ring& ring;
    ProbeHost& host;
  };

  ProbePool(const Environment& environment, std::uint32_t slots);
  ~ProbePool();

  // From now on monitors are read there. What has been started is the same in both sets
  // (monitor_revision.h).
  void follow(const Subject& subject) { environment_.subject = subject; }

  // REQUIRES: the slot is free and the monitor enabled.
  void start(Slot slot, const Attempt& attempt, const Tick& tick);
  void on_answer(Slot slot, const Answer& answer, const Tick& tick);
  void on_completion(const Completion& completion, const Tick& tick);
  void on_deadline(Slot slot, const Tick& tick);
  // Ends whatever is under way as kLocalShutdown.
  void abort(Slot slot, const Tick& tick);

 private:
  enum class State : std::uint8_t {
    kFree,
    kResolving,
    kConnecting,
    kNextAddress,    // closing one address's socket, to go on with the next address
    kStarttls,       // the clear dialogue
    kStarttlsReady,  // its last words are leaving; TLS comes next
    kHandshaking,
    kRefusalWindow,  // the handshake is done; a server may still refuse for want of a certificate
    kExchanging,
    kFarewell,  // reported; TLS's last records are leaving
    kClosing,   // reported; waiting for the operation under way and for close
  };
  enum class Operation : std::uint8_t { kNone, kConnect, kSend, kReceive, kClose };
  struct Probe;

  const Monitor& monitor(const Probe& probe) const;
  const CheckPolicy& policy(const Probe& probe) const;
  Slot slot_of(const Probe& probe) const;
  Token next_token(Probe& probe, Operation operation);

  void resolving_timed_out(Probe& probe, const Tick& tick);
  void take_addresses(Probe& probe, std::span<const IpAddress> all, const Tick& tick);
  void connect(Probe& probe, const Tick& tick);
  bool try_next_address(Probe& probe, const Tick& tick);
  void next_address(Probe& probe, const Tick& tick);
  void connected(Probe& probe, const Tick& tick);
  void starttls_step(Probe& probe, StarttlsDialogue::Step step, const Tick& tick);
  void begin_tls(Probe& probe, const Tick& tick);
  void handshake_step(Probe& probe, ssl::Session::Status status, const Tick& tick);
  ssl::Judgement judge_peer(const Probe& probe, const Tick& tick);
  void inspect(Probe& probe, const Tick& tick);
  bool await_refusal(Probe& probe, const Tick& tick);
  void begin_exchange(Probe& probe, const Tick& tick);
  void decrypt_response(Probe& probe, std::span<const std::uint8_t> received, const Tick& tick);
  void response_arrived(Probe& probe, const Tick& tick);
  bool response_expected(const Probe& probe) const;
  bool response_complete(Probe& probe);
  void response_ended(Probe& probe, FailureCode otherwise, std::string_view how, const Tick& tick);

  void on_connect(Probe& probe, int result, const Tick& tick);
  void on_sent(Probe& probe, int result, const Tick& tick);
  void all_sent(Probe& probe, const Tick& tick);
  void on_received(Probe& probe, const Completion& completion, const Tick& tick);
  void on_data(Probe& probe, std::span<const std::uint8_t> data, const Tick& tick);
  void on_end_of_stream(Probe& probe, const Tick& tick);
  void on_closed(Probe& probe, const Tick& tick);

  void send(Probe& probe, std::span<const std::uint8_t> bytes);
  void send_tls(Probe& probe, const Tick& tick);
  std::span<const std::uint8_t> tls_output(Probe& probe);
  void receive(Probe& probe);
  void close(Probe& probe);
  void connect_failed(Probe& probe, FailureCode code, std::string_view detail, const Tick& tick);
  void transfer_failed(Probe& probe, int error, const Tick& tick);
  void tls_failed(Probe& probe, const Tick& tick);
  void succeed(Probe& probe, const Tick& tick);
  void finish(Probe& probe, FailureCode code, Phase phase, std::string_view detail,
              const Tick& tick);
  void leave(Probe& probe);

  Environment environment_;
  std::vector<Probe> probes_;
};

}  // namespace tracer::engine
