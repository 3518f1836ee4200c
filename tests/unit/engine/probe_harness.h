// Drives one probe of a ProbePool through a ring, a resolver and a host that do what a test says,
// in time that stands still until the test moves it. What the probe must keep to is asserted with
// every operation. Belongs to one test.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/probe.h"
#include "tests/unit/ssl/memory_server.h"

namespace tracer::engine::testing {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr Slot kSlot = 1;
inline constexpr std::uint16_t kPort = 443;

// The other end of a connection.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void hear(std::string_view bytes) = 0;
  // What it says next: empty when it closes, nothing when it stays silent.
  virtual std::optional<std::string> say() = 0;
};

// Says its lines one a receive, without listening, then closes or is silent for ever.
class ScriptedPeer final : public Peer {
 public:
  enum class Then : std::uint8_t { kSilence, kClose };
  explicit ScriptedPeer(std::deque<std::string> lines = {}, Then then = Then::kSilence)
      : lines_(std::move(lines)), then_(then) {}
  void hear(std::string_view bytes) override { heard += bytes; }
  std::optional<std::string> say() override;
  std::string heard;

 private:
  std::deque<std::string> lines_;
  Then then_;
};

// A TLS server; before it, what a protocol says in clear: one line at each receive, `preamble`.
class TlsPeer final : public Peer {
 public:
  explicit TlsPeer(const ssl::testing::ServerOptions& options,
                   std::deque<std::string> preamble = {})
      : server(options), preamble_(std::move(preamble)) {}
  void hear(std::string_view bytes) override;
  std::optional<std::string> say() override;

  ssl::testing::MemoryServer server;
  std::string clear;                 // heard before TLS
  std::vector<std::string> answers;  // each said once something new was heard in TLS
  bool closes = false;               // after the last of them: by close_notify

 private:
  std::deque<std::string> preamble_;
  std::size_t answered_ = 0;  // bytes of plaintext
};

struct Operation {
  enum class Kind : std::uint8_t { kConnect, kSend, kReceive, kClose };
  Kind kind = Kind::kConnect;
  Token token = 0;
  Endpoint target;
  IpAddress source;
  std::span<const std::uint8_t> bytes;  // of a send
  bool cancelled = false;
};

class ProbeHarness final : private Ring, private NameResolver, private ProbeHost {
 public:
  explicit ProbeHarness(const MonitorSpec& spec, const EgressPolicy& egress = {});
  ~ProbeHarness() override;

  // What the test says in place of the world.
  std::function<std::unique_ptr<Peer>(const Endpoint&)> peer;  // called for each connect
  std::function<int(const Endpoint&)> connect_result = [](const Endpoint&) { return 0; };
  std::optional<Answer> answer;  // of the resolver, at once; nothing: later
  std::function<bool(const IpAddress&)> permission = [](const IpAddress&) { return true; };
  Answer given_up{FailureCode::kDnsTimeout, nullptr, "no server answered"};
  std::size_t piece = SIZE_MAX;  // how much a send takes, and a receive brings
  std::int64_t step_ns = kMs;    // passes with every completion

  void start(std::uint8_t number = 1);
  void give(const Answer& late);  // the resolver's late answer
  // Completes the pending operation as the peer would have it, or with `result`.
  void complete(std::optional<std::int32_t> result = std::nullopt);
  void pass(std::int64_t duration_ns);  // fires the deadline when it is reached
  void pass_to_deadline();
  void abort();
  // Until the slot is free: completes what can, and waits for the deadline where the peer is mute.
  const Outcome& finish();

  bool freed() const { return freed_; }
  bool reported() const { return !outcomes_.empty(); }
  const Outcome& outcome() const { return outcomes_.back(); }
  const std::optional<Operation>& pending() const { return pending_; }
  bool waiting_for_answer() const { return waiting_; }
  std::int64_t now_ns() const { return tick_.now_ns; }
  std::int64_t deadline_ns() const { return deadline_ns_; }
  const std::vector<Endpoint>& connects() const { return connects_; }
  IpAddress last_source() const { return last_source_; }
  Peer& connected_peer() { return *peer_; }
  // True when the pending operation would complete without the passing of time.
  bool can_complete();

 private:
  void connect(Slot, const Endpoint&, const IpAddress&, Token) override;
  void send(Slot, std::span<const std::uint8_t>, Token) override;
  void receive(Slot, Token) override;
  void cancel(Slot) override;
  void close(Slot, Token) override;
  void poll(int, std::uint32_t, Token) override;
  void cancel_poll(Token) override;
  std::span<const Completion> wait(std::int64_t) override;
  void wake() override;
  std::uint32_t slots() const override { return 2; }

  std::optional<Answer> resolve(std::string_view, IpFamily, std::uint32_t, std::int64_t) override;
  Answer give_up(std::uint32_t, std::int64_t) override;
  void forget(std::uint32_t) override;
  void on_completion(const Completion&, std::int64_t) override;
  std::int64_t next_deadline_ns() const override { return INT64_MAX; }
  void expire(std::int64_t) override {}
  std::span<const std::pair<std::uint32_t, Answer>> take_answers() override { return {}; }

  bool may_connect(Slot, const IpAddress&) override;
  void set_deadline(Slot, std::int64_t) override;
  void finished(const Outcome&) override;
  void freed(Slot) override;

  void begin(Operation operation);
  void deliver(std::int32_t result, std::string_view data);
  std::int32_t connect_now();

  MonitorSet monitors_;
  EgressPolicy egress_;
  TrustStores trust_;
  TlsContexts contexts_;
  ssl::ChainJudge judge_{16};
  std::unique_ptr<ProbePool> pool_;
  Tick tick_;
  std::int64_t deadline_ns_ = INT64_MAX;
  std::optional<Operation> pending_;
  std::optional<std::string> said_;  // by the peer, and not yet received
  bool closing_said_ = false;        // … and that was its end
  std::unique_ptr<Peer> peer_;
  std::vector<Endpoint> connects_;
  IpAddress last_source_;
  bool socket_open_ = false;
  bool waiting_ = false;
  bool freed_ = true;
  int starts_ = 0;
  std::vector<Outcome> outcomes_;
};

IpAddress address(std::string_view text);
Answer addresses(const std::vector<std::string_view>& texts);

// A monitor of 127.0.0.1, with a timeout of 10 s.
MonitorSpec plain_monitor();
MonitorSpec expecting(std::string_view send, std::string_view expect);
// … of TLS, trusting tests/testdata's root, for the name that its certificates are of.
MonitorSpec tls_monitor();

// The harness's peers say these lines.
void speaks(ProbeHarness& harness, const std::deque<std::string>& lines,
            ScriptedPeer::Then then = ScriptedPeer::Then::kSilence);

struct ErrnoCase {
  int error;
  FailureCode code;
};

}  // namespace tracer::engine::testing
