// What one attempt found: a fixed-size, trivially copyable record that travels from a shard to an
// evaluator through a lock-free ring. Owned by one thread at a time.
//
// Invariants: exactly one Outcome per attempt, and one that is `retry_cut` for every attempt that
// was asked for and is not made. `chain` carries one counted reference and `body` is
// a heap block; whoever takes an Outcome out of the ring owns both and must call release_payload()
// exactly once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "engine/failure.h"
#include "engine/ip_address.h"
#include "engine/limits.h"
#include "ssl/trust.h"

namespace tracer::engine {

inline constexpr std::int64_t kNotMeasured = -1;

struct PhaseTimes {  // nanoseconds, monotonic clock; kNotMeasured where a phase did not complete
  std::int64_t dns_ns = kNotMeasured;
  std::int64_t connect_ns = kNotMeasured;
  std::int64_t starttls_ns = kNotMeasured;
  std::int64_t tls_ns = kNotMeasured;
  std::int64_t response_ns = kNotMeasured;
  std::int64_t total_ns = kNotMeasured;
};

struct TlsFacts {
  bool completed = false;          // the handshake ran to its end
  bool judged = false;             // a chain arrived and the fields below it hold
  std::uint16_t protocol = 0;      // wire values; ssl/protocol.h has the names
  std::uint16_t cipher_suite = 0;  // 0: none
  std::uint16_t group = 0;
  std::uint8_t alert = 0;  // of a kTlsAlert failure
  bool chain_valid = false;
  bool name_matches = false;
  bool self_signed = false;
  ssl::OcspStatus ocsp = ssl::OcspStatus::kNone;  // of the staple
  ssl::ChainProblems problems = 0;
  std::int64_t verified_expiry_s = 0;  // 0: no valid path
  std::array<char, 32> alpn{};         // NUL-terminated; empty: none
};

// Bytes a server sent, kept only where an assertion reads them.
struct ResponseBody {
  std::size_t size;
  __extension__ char bytes[];  // A trailing array, allocated together with its header.
};

struct Outcome {
  std::uint32_t monitor = 0;  // index into the MonitorSet
  std::uint8_t attempt = 1;   // 1 for the first
  FailureCode failure = FailureCode::kNone;
  Phase failure_phase = Phase::kNone;
  bool retry_cut = false;          // no attempt: what the check has found so far stands
  bool response_measured = false;  // an exchange took place
  bool response_matched = false;   // … and the expectation, if any, held
  bool warm_up = false;            // of a load: made before what is measured
  std::uint64_t check = 0;         // the number of its check, among those of the shard
  std::int64_t scheduled_unix_ms = 0;
  std::int64_t started_unix_ms = 0;
  std::int64_t late_ns = 0;  // from its due time to its start
  IpAddress address;         // connected to, or tried last; family 0 when none was reached
  PhaseTimes times;
  TlsFacts tls;
  std::uint32_t skipped = 0;  // checks that this one kept from being made, by starting late
  std::uint32_t response_bytes = 0;
  std::uint8_t excerpt_length = 0;
  std::array<char, limits::kExcerptBytes> excerpt{};
  std::array<char, limits::kDetailBytes> detail{};  // NUL-terminated; empty: none
  const ssl::ChainReport* chain = nullptr;
  ResponseBody* body = nullptr;

  bool connected() const { return failure == FailureCode::kNone; }
  std::string_view detail_text() const { return detail.data(); }
  std::string_view excerpt_text() const { return {excerpt.data(), excerpt_length}; }
  std::string_view response_text() const {
    return body != nullptr ? std::string_view(body->bytes, body->size) : excerpt_text();
  }
  // Cut at the end of a UTF-8 character where it does not fit.
  void set_detail(std::string_view text);
  // Keeps an excerpt, and the whole of `bytes` when `keep_body`.
  void set_response(std::string_view bytes, bool keep_body);
  void release_payload();
};
static_assert(std::is_trivially_copyable_v<Outcome>);

enum class Verdict : std::uint8_t { kUp, kDegraded, kDown, kUnknown };
std::string_view verdict_name(Verdict verdict);

}  // namespace tracer::engine
