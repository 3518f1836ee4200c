#include "tests/sim/faults.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace tracer::sim {
namespace {

using engine::FailureCode;

constexpr std::array<const char*, kFaultCount> kNames{
    "connect: an error",
    "connect: no answer",
    "send: an error",
    "send: never ends",
    "send: short",
    "receive: an error",
    "receive: never ends",
    "receive: short",
    "close: an error",
    "operation: slow",
    "completions: reordered",
    "cancel: completes as it would have",
    "cancel: slow",
    "completions: held, then a burst",
    "completions: few at a time",
    "wait: ends early with nothing",
    "wait: ends late",
    "peer: accepts and is silent",
    "peer: dribbles",
    "peer: closes early",
    "peer: never stops talking",
    "peer: lies",
    "peer: refuses STARTTLS",
    "peer: garbage in STARTTLS",
    "peer: clear text behind STARTTLS",
    "peer: expired chain",
    "peer: chain of another name",
    "peer: untrusted chain",
    "peer: closes in the handshake",
    "dns: silence",
    "dns: no such name",
    "dns: no such record",
    "dns: server failure",
    "dns: no memory to ask",
    "dns: one family late",
    "dns: many addresses",
    "dns: another answer than before",
    "dns: outage of all servers",
    "evaluator: stalls",
    "sink: breaks",
    "wall clock: steps",
    "drain",
    "abort",
    "more completions than a tick takes",
    "outcome ring: full",
    "retry: cut",
    "check: skipped",
    "slots: none free for what is due",
    "pacing: held a start back",
    "dns: an expired answer served",
    "reload",
    "reload: waits for an earlier one",
    "reload: removes what is under way",
    "reload: changes what is under way",
    "reload: adds again what it removed",
    "address: as many in flight as may be",
    "address: its rate is used up",
    "address: an attempt waits",
    "address: a drain ends what waits",
};

constexpr ErrnoCase kConnectErrnos[] = {
    {ECONNREFUSED, "ECONNREFUSED", FailureCode::kConnectionRefused},
    {ECONNRESET, "ECONNRESET", FailureCode::kConnectionReset},
    {ECONNABORTED, "ECONNABORTED", FailureCode::kConnectionReset},
    {ETIMEDOUT, "ETIMEDOUT", FailureCode::kConnectionTimeout},
    {ENETUNREACH, "ENETUNREACH", FailureCode::kNetworkUnreachable},
    {ENETDOWN, "ENETDOWN", FailureCode::kNetworkUnreachable},
    {EAFNOSUPPORT, "EAFNOSUPPORT", FailureCode::kNetworkUnreachable},
    {EHOSTUNREACH, "EHOSTUNREACH", FailureCode::kHostUnreachable},
    {EHOSTDOWN, "EHOSTDOWN", FailureCode::kHostUnreachable},
    {ENONET, "ENONET", FailureCode::kHostUnreachable},
    {EPROTO, "EPROTO", FailureCode::kHostUnreachable},
    {ENOPROTOOPT, "ENOPROTOOPT", FailureCode::kHostUnreachable},
    {EPERM, "EPERM", FailureCode::kPolicyDenied},
    {EACCES, "EACCES", FailureCode::kPolicyDenied},
    {EMFILE, "EMFILE", FailureCode::kLocalResources},
    {ENFILE, "ENFILE", FailureCode::kLocalResources},
    {ENOMEM, "ENOMEM", FailureCode::kLocalResources},
    {ENOBUFS, "ENOBUFS", FailureCode::kLocalResources},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL", FailureCode::kLocalResources},
    {EADDRINUSE, "EADDRINUSE", FailureCode::kLocalResources},
    {EAGAIN, "EAGAIN", FailureCode::kLocalResources},
    {EINTR, "EINTR", FailureCode::kLocalResources},
};

constexpr ErrnoCase kSendErrnos[] = {
    {ECONNRESET, "ECONNRESET", FailureCode::kConnectionReset},
    {EPIPE, "EPIPE", FailureCode::kConnectionReset},
    {ETIMEDOUT, "ETIMEDOUT", FailureCode::kConnectionTimeout},
    {ENETUNREACH, "ENETUNREACH", FailureCode::kNetworkUnreachable},
    {ENETDOWN, "ENETDOWN", FailureCode::kNetworkUnreachable},
    {EHOSTUNREACH, "EHOSTUNREACH", FailureCode::kHostUnreachable},
    {ECONNREFUSED, "ECONNREFUSED", FailureCode::kHostUnreachable},
    {EPERM, "EPERM", FailureCode::kPolicyDenied},
    {EACCES, "EACCES", FailureCode::kPolicyDenied},
    {ENOMEM, "ENOMEM", FailureCode::kLocalResources},
    {ENOBUFS, "ENOBUFS", FailureCode::kLocalResources},
    {EINTR, "EINTR", FailureCode::kLocalResources},
};

constexpr ErrnoCase kReceiveErrnos[] = {
    {ECONNRESET, "ECONNRESET", FailureCode::kConnectionReset},
    {ETIMEDOUT, "ETIMEDOUT", FailureCode::kConnectionTimeout},
    {ENETUNREACH, "ENETUNREACH", FailureCode::kNetworkUnreachable},
    {ENETDOWN, "ENETDOWN", FailureCode::kNetworkUnreachable},
    {EHOSTUNREACH, "EHOSTUNREACH", FailureCode::kHostUnreachable},
    {EHOSTDOWN, "EHOSTDOWN", FailureCode::kHostUnreachable},
    {ECONNREFUSED, "ECONNREFUSED", FailureCode::kHostUnreachable},
    {ENOMEM, "ENOMEM", FailureCode::kLocalResources},
    {EINTR, "EINTR", FailureCode::kLocalResources},
};

// Whatever close says, the slot is free.
constexpr ErrnoCase kCloseErrnos[] = {
    {EIO, "EIO", FailureCode::kNone},
    {EINTR, "EINTR", FailureCode::kNone},
    {ENOSPC, "ENOSPC", FailureCode::kNone},
};

constexpr Operation kOperations[] = {Operation::kConnect, Operation::kSend, Operation::kReceive,
                                     Operation::kClose};
constexpr const char* kOperationNames[] = {"connect", "send", "receive", "close"};

std::size_t place(Operation operation) { return static_cast<std::size_t>(operation); }

void add_row(std::string& text, const std::string& name, std::uint64_t count) {
  char line[80];
  std::snprintf(line, sizeof line, "  %-38s %14llu\n", name.c_str(),
                static_cast<unsigned long long>(count));
  text += line;
}

}  // namespace

const char* fault_name(Fault fault) { return kNames[static_cast<std::size_t>(fault)]; }

std::span<const ErrnoCase> errnos_of(Operation operation) {
  switch (operation) {
    case Operation::kConnect:
      return kConnectErrnos;
    case Operation::kSend:
      return kSendErrnos;
    case Operation::kReceive:
      return kReceiveErrnos;
    case Operation::kClose:
      return kCloseErrnos;
  }
  return {};
}

Faults Faults::swarm(Random& random) {
  Faults faults;
  // From a clean world to one where little works.
  constexpr std::uint32_t kStrengths[] = {0, 5, 20, 60, 200};
  const std::uint32_t strength = random.pick(kStrengths);
  for (std::uint32_t& weight : std::span(faults.weights_).first(kDrawn)) {
    const bool left_out = random.chance(500);
    const auto drawn = static_cast<std::uint32_t>(random.below(2 * strength + 1));
    weight = left_out ? 0 : drawn;
  }
  return faults;
}

const ErrnoCase& Faults::draw_error(Operation operation, Random& random) {
  const auto cases = errnos_of(operation);
  const std::size_t chosen = random.below(cases.size());
  ++counts_.errnos[place(operation)][chosen];
  return cases[chosen];
}

void Faults::Counts::add(const Counts& other) {
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
  for (std::size_t i = 0; i < errnos.size(); ++i) {
    for (std::size_t j = 0; j < errnos[i].size(); ++j) errnos[i][j] += other.errnos[i][j];
  }
}

std::string Faults::Counts::table() const {
  std::string text;
  for (std::size_t i = 0; i < faults.size(); ++i) add_row(text, kNames[i], faults[i]);
  for (const Operation operation : kOperations) {
    const auto cases = errnos_of(operation);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      add_row(text, std::string(kOperationNames[place(operation)]) + " " + cases[i].name,
              errnos[place(operation)][i]);
    }
  }
  return text;
}

bool Faults::Counts::complete() const {
  bool all = std::ranges::find(faults, std::uint64_t{0}) == faults.end();
  for (const Operation operation : kOperations) {
    const auto& row = errnos[place(operation)];
    const auto known = static_cast<std::ptrdiff_t>(errnos_of(operation).size());
    all =
        all && std::find(row.begin(), row.begin() + known, std::uint64_t{0}) == row.begin() + known;
  }
  return all;
}

const ErrnoCase& nth_error(NthFault::Kind kind, Operation operation) {
  int error = ENOMEM;
  if (kind == NthFault::Kind::kUnreachable) error = EHOSTUNREACH;
  if (kind == NthFault::Kind::kDenied) error = EPERM;
  if (kind == NthFault::Kind::kTargets) {
    error = operation == Operation::kConnect ? ECONNREFUSED : ECONNRESET;
  }
  const auto cases = errnos_of(operation);
  const auto found = std::ranges::find(cases, error, &ErrnoCase::error);
  return found == cases.end() ? cases.front() : *found;
}

std::string codes_text(Codes codes) {
  std::string text;
  for (int code = 0; code < engine::kFailureCodeCount; ++code) {
    const auto each = static_cast<FailureCode>(code);
    if ((codes & code_bit(each)) == 0) continue;
    text += (text.empty() ? "" : " ") + std::string(engine::failure_info(each).name);
  }
  return text;
}

}  // namespace tracer::sim
