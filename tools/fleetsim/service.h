// What the fleet simulates, as data: a Service is one behaviour on one port, and everything that
// this program does with it (listen, talk, list, emit monitors) is read from this description.
// Immutable after start; shared by all threads.
//
// Invariants: offsets are unique and below kPortRange; names are unique.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tracer::fleetsim {

inline constexpr int kPortRange = 80;  // ports the fleet claims, beginning at the base port

// How a dialogue cuts what the client sends into requests.
enum class Framing : std::uint8_t {
  kIgnore,    // whatever arrives is read and forgotten
  kEcho,      // whatever arrives goes back
  kAnything,  // whatever arrives is a request, with the empty verb
  kLines,     // a request is a line; its first word is the verb
  kTagged,    // as kLines, with the IMAP tag before the verb; "%t" in a reply stands for it
  kRedis,     // as kLines; the counts of an array request (`*1`, `$4`) are skipped
  kPostgres,  // start-up messages: verbs SSL, GSSENC, STARTUP; then PASSWORD for any message
};

enum class Act : std::uint8_t { kContinue, kStartTls, kClose, kReset };

struct Rule {
  std::string_view verb;  // upper case
  std::string_view reply;
  Act act = Act::kContinue;
};

struct Dialogue {
  Framing framing = Framing::kIgnore;
  std::string_view greeting;
  std::span<const Rule> rules;
  std::string_view otherwise;    // the reply to any other verb
  Act greeted = Act::kContinue;  // done once the greeting is sent
  int padding_bytes = 0;         // lines of filler sent before the greeting
};

// What stands behind a service's port.
enum class Listening : std::uint8_t {
  kServed,
  kReserved,   // the port is held, nothing listens: refused
  kBlackhole,  // the accept queue is full: every SYN is dropped
};

// Output is cut into pieces of `bytes`, each followed by a pause; bytes 0: as fast as it goes.
struct Pace {
  int bytes = 0;
  int interval_ms = 0;
  bool forever = false;  // the greeting starts again when it ends
};

enum class TlsVersion : std::uint8_t { k10, k11, k12, k13 };

enum class Leaf : std::uint8_t {
  kRsa2048,
  kP256,
  kP384,
  kEd25519,
  kExpired,
  kNotYetValid,
  kExpiring,
  kWrongName,
  kSelfSigned,
  kUnknownIssuer,
  kMissingIntermediate,
  kSniOne,
  kSniTwo,
  kClient,
};

struct TlsProfile {
  Leaf leaf = Leaf::kP256;
  TlsVersion min = TlsVersion::k12;
  TlsVersion max = TlsVersion::k13;
  bool client_certificate = false;  // required, of the fleet's own CA
  bool alpn = false;                // h2 and http/1.1; no overlap is an alert
  bool many = false;                // with --leaves, another leaf for each connection
  bool sni = false;                 // one.fleet.test and two.fleet.test; any other name is an alert
};

// The monitor that `--emit` and `--list` make of a service. The texts are raw: escaped on output.
struct Sample {
  int weight = 0;                  // share among healthy monitors; 0: only with --mix all
  std::string_view expect = "up";  // or the failure code a correct prober reports
  bool tls = false;
  std::string_view starttls;  // a protocol, or none
  std::string_view send;
  std::string_view expect_response;
  int timeout_s = 0;          // 0: the usual
  std::string_view more_tls;  // further keys of its `tls`, JSON members
  std::string_view server_name = "fleet.test";
};

struct Service {
  int offset;  // its port is the base port plus this
  std::string_view name;
  std::string_view about;
  Listening listening = Listening::kServed;
  int delay_ms = 0;  // nothing happens for so long after the accept
  Pace pace;
  const Dialogue* clear = nullptr;   // before TLS, or all there is; null: TLS from the first byte
  std::optional<TlsProfile> tls;     // at once, or when `clear` says Act::kStartTls
  const Dialogue* secure = nullptr;  // inside TLS
  Sample sample;
};

std::span<const Service> services();

}  // namespace tracer::fleetsim
