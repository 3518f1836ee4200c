// A probe's state, for the files of ProbePool alone: probe.cc (operations and what they bring),
// probe_connect.cc, probe_tls.cc and probe_exchange.cc (one phase each).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/probe.h"
#include "engine/tds_framing.h"

namespace tracer::engine {

struct ProbePool::Probe {
  State state = State::kFree;
  Operation pending = Operation::kNone;
  bool socket_open = false;  // true exactly from a connect's submission to its close's completion
  std::uint16_t generation = 0;
  std::uint32_t address_index = 0;
  std::int64_t started_ns = 0;
  std::int64_t phase_started_ns = 0;
  std::int64_t deadline_ns = 0;                 // of the whole attempt
  IpAddress literal;                            // where the monitor's host is one
  std::shared_ptr<const AddressList> answered;  // a name's, or those that are left of either
  std::span<const IpAddress> addresses;         // to try, of either
  std::span<const std::uint8_t> outgoing;       // what the ring has not sent yet
  std::string command;                          // of STARTTLS; `outgoing` points into it
  std::string response;
  // Why an earlier address could not be tried, where that is a fault of ours; kNone: all were.
  FailureCode untried = FailureCode::kNone;
  std::string untried_detail;
  std::unique_ptr<StarttlsDialogue> starttls;
  std::unique_ptr<ssl::Session> tls;
  std::unique_ptr<TdsFraming> framing;  // around TLS, where the protocol wants one
  Outcome outcome;

  bool more_addresses() const { return address_index + 1 < addresses.size(); }
};

inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace tracer::engine
