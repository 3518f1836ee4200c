// The other ends of simulated connections: what a service says, by its protocol and its temper.
// Belongs to one simulation.
//
// Bytes of TLS differ from run to run, in value and a little in number, for keys and signatures are
// drawn from the system; how many pieces they come in does not, so that traces stay the same.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "tests/sim/faults.h"
#include "tests/sim/random.h"

namespace tracer::sim {

enum class ServiceKind : std::uint8_t {
  kOpen,    // nothing is asked but that it accepts
  kBanner,  // greets
  kEcho,    // answers what it is sent
  kBulk,    // … which is much
  kBody,    // … at some length, and all of it is judged
  kTls,
  kTlsEcho,
  kSmtp,
  kPop3,
  kPostgres,
};
inline bool speaks_tls(ServiceKind kind) { return kind >= ServiceKind::kTls; }
inline bool speaks_starttls(ServiceKind kind) { return kind >= ServiceKind::kSmtp; }

struct Service {
  ServiceKind kind = ServiceKind::kOpen;
  bool verified = true;  // the monitor insists on a good chain
  std::string request;   // the monitor's own bytes
};

// What a good peer answers, and what a monitor expects of it.
inline constexpr std::string_view kExpected = "PONG";
inline constexpr std::string_view kBodyEnd = "the end of the body";

enum class Temper : std::uint8_t {
  kPerfect,
  kRefuses,
  kBlackHole,
  kSilent,
  kDribbles,
  kCloses,
  kEndless,
  kLies,
  kStarttlsRefused,
  kStarttlsGarbage,
  kStarttlsInjected,
  kChainExpired,
  kChainOfAnother,
  kChainUntrusted,
  kHandshakeCut,
};

class Peer {
 public:
  struct Speech {
    std::int64_t at_ns = 0;
    std::string bytes;  // empty: it closes its side
  };
  virtual ~Peer() = default;

  virtual void hear(std::string_view bytes, std::int64_t now_ns) = 0;
  // What it says next; null when it waits to hear more. Stays until take() has had all of it.
  const Speech* next(std::int64_t now_ns);
  std::string take(std::size_t at_most);
  // True when sizes vary from run to run.
  virtual bool opaque() const { return false; }
  // True when it heard what was not meant for the likes of it.
  virtual bool overheard() const { return false; }

  Codes allowed = codes(engine::FailureCode::kNone);  // what a check that meets it may end with
  bool dawdles = false;                               // it may take longer than a check's timeout

 protected:
  virtual void refill(std::int64_t) {}
  std::deque<Speech> says_;
};

// `temper`: one that makes sense of a peer that accepts. `random` outlives the peer.
std::unique_ptr<Peer> make_peer(const Service& service, Temper temper, Random& random,
                                std::int64_t now_ns);
// Whether a service of this kind can be of that temper.
bool makes_sense(ServiceKind kind, Temper temper);

}  // namespace tracer::sim
