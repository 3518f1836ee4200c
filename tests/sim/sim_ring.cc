#include "tests/sim/sim_ring.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/limits.h"
#include "tests/sim/violation.h"

namespace tracer::sim {

using engine::Completion;
using engine::Slot;
using engine::Token;

namespace {

constexpr Slot kPollSlot = UINT32_MAX;
// What a connection that is not answered ends with after all, as Linux has it by default.
constexpr std::int64_t kConnectTimeoutNs = 131 * kSecond;

constexpr Codes kHanging[] = {
    codes(engine::FailureCode::kConnectionTimeout),
    codes(engine::FailureCode::kResponseTimeout, engine::FailureCode::kResponseMismatch,
          engine::FailureCode::kTlsTimeout),
};

}  // namespace

struct SimRing::Socket {
  bool open = false;  // from connect() to the completion of close()
  bool pending = false;
  bool cancelled = false;
  bool sent_short = false;
  Operation kind = Operation::kConnect;
  Token token = 0;
  std::uint64_t operation = 0;
  std::int64_t at_ns = kNever;            // when the pending operation completes
  std::optional<std::int32_t> result;     // of it; nothing: as the peer has it
  std::span<const std::uint8_t> sending;  // the caller's
  std::string sent;                       // … as it was given
  std::unique_ptr<Peer> peer;
};

SimRing::SimRing(const Surroundings& surroundings, std::uint32_t shard, std::uint32_t slots,
                 std::uint64_t seed)
    : world_(surroundings), shard_(shard), random_(seed, 100 + shard), slots_(slots) {}
SimRing::~SimRing() = default;

std::uint32_t SimRing::slots() const { return static_cast<std::uint32_t>(slots_.size()); }

Slot SimRing::slot_of(const Socket& socket) const {
  return static_cast<Slot>(&socket - slots_.data());
}

void SimRing::record(What what, std::uint64_t subject, std::int64_t value, std::int64_t shown) {
  world_.trace.add(world_.clock.monotonic_ns(), {what, shard_, subject, value}, shown);
}

// ---- the caller's side ------------------------------------------------------------------------

SimRing::Socket& SimRing::begin(Slot slot, Operation operation, Token token) {
  require(slot < slots_.size(), Invariant::kRingContract, "there is no such slot");
  Socket& socket = slots_[slot];
  require(token >> 56 == 0 && engine::token_slot(token) == slot, Invariant::kRingContract,
          "a token is not its slot's");
  require(!socket.pending, Invariant::kRingContract,
          [&] { return "slot " + std::to_string(slot) + " has an operation that was not joined"; });
  if (operation == Operation::kConnect) {
    require(!socket.open, Invariant::kRingContract,
            [&] { return "slot " + std::to_string(slot) + " was not closed"; });
  } else {
    require(socket.open, Invariant::kRingContract,
            [&] { return "slot " + std::to_string(slot) + " has no socket"; });
  }
  socket.pending = true;
  socket.cancelled = false;
  socket.kind = operation;
  socket.token = token;
  socket.operation = ++operations_;
  socket.at_ns = kNever;
  socket.result.reset();
  return socket;
}

void SimRing::schedule(Socket& socket, std::int64_t at_ns) {
  socket.at_ns = at_ns;
  // Among completions of one instant, the order is anyone's guess where a seed has it so.
  const std::uint64_t order =
      world_.faults.strikes(Fault::kReordered, random_) ? random_.next() : socket.operation;
  due_.push({at_ns, order, socket.operation, slot_of(socket)});
}

std::int64_t SimRing::delay(Slot slot) {
  std::int64_t delay_ns = random_.between(kMicrosecond, 300 * kMicrosecond);
  if (world_.faults.strikes(Fault::kSlowOperation, random_)) {
    world_.watcher.held_up(shard_, slot);
    delay_ns += random_.between(0, 8 * kSecond);
  }
  return delay_ns;
}

void SimRing::fail(Socket& socket, const ErrnoCase& error) {
  const Slot slot = slot_of(socket);
  socket.result = -error.error;
  if (socket.kind != Operation::kClose) world_.watcher.met(shard_, slot, code_bit(error.code));
  schedule(socket, world_.clock.monotonic_ns() + delay(slot));
}

void SimRing::hang(Socket& socket, Operation operation) {
  world_.watcher.met(shard_, slot_of(socket), kHanging[operation == Operation::kConnect ? 0 : 1]);
}

bool SimRing::meddle_nth(Socket& socket, Operation operation) {
  NthFault& nth = world_.nth;
  if (++nth.seen != nth.n) return false;
  if (nth.kind == NthFault::Kind::kHangs) {
    if (operation == Operation::kClose) return false;
    hang(socket, operation);
  } else {
    fail(socket, nth_error(nth.kind, operation));
  }
  return true;
}

// Whether something other than the peer decides how the operation ends.
bool SimRing::meddle(Socket& socket, Operation operation, Fault error, Fault hangs) {
  if (meddle_nth(socket, operation)) return true;
  if (world_.faults.strikes(error, random_)) {
    fail(socket, world_.faults.draw_error(operation, random_));
    return true;
  }
  if (operation != Operation::kClose && world_.faults.strikes(hangs, random_)) {
    hang(socket, operation);
    return true;
  }
  return false;
}

void SimRing::connect(Slot slot, const engine::Endpoint& target, const engine::IpAddress&,
                      Token token) {
  record(What::kConnect, slot, target.port);
  Socket& socket = begin(slot, Operation::kConnect, token);
  socket.open = true;
  socket.sent_short = false;
  ++open_;
  world_.watcher.connecting(shard_, slot, target);
  if (meddle(socket, Operation::kConnect, Fault::kConnectError, Fault::kConnectHangs)) return;
  Meeting meeting = world_.peers.meet(target, world_.clock.monotonic_ns());
  socket.peer = std::move(meeting.peer);
  socket.result = meeting.result;
  world_.watcher.met(shard_, slot, meeting.allowed);
  if (socket.peer && socket.peer->dawdles) world_.watcher.held_up(shard_, slot);
  if (meeting.at_ns == kNever) {
    socket.result = -ETIMEDOUT;
    schedule(socket, world_.clock.monotonic_ns() + kConnectTimeoutNs);
  } else {
    schedule(socket, meeting.at_ns + delay(slot));
  }
}

void SimRing::send(Slot slot, std::span<const std::uint8_t> bytes, Token token) {
  Socket& socket = begin(slot, Operation::kSend, token);
  const auto size = static_cast<std::int64_t>(bytes.size());
  const bool opaque = socket.peer && socket.peer->opaque();
  record(What::kSend, slot, opaque ? 0 : size, size);
  require(!bytes.empty() && socket.peer != nullptr, Invariant::kRingContract,
          "nothing is sent, or to nobody");
  socket.sending = bytes;
  socket.sent.assign(bytes.begin(), bytes.end());
  if (meddle(socket, Operation::kSend, Fault::kSendError, Fault::kSendHangs)) return;
  std::size_t count = bytes.size();
  if (count > 1 && world_.faults.strikes(Fault::kSendShort, random_)) {
    // Of opaque bytes a half, once: so that the number of pieces does not hang on their size.
    const std::size_t drawn = 1 + random_.below(count - 1);
    count = !opaque ? drawn : std::exchange(socket.sent_short, true) ? count : (count + 1) / 2;
  }
  socket.result = static_cast<std::int32_t>(count);
  schedule(socket, world_.clock.monotonic_ns() + delay(slot));
}

void SimRing::receive(Slot slot, Token token) {
  record(What::kReceive, slot);
  Socket& socket = begin(slot, Operation::kReceive, token);
  require(socket.peer != nullptr, Invariant::kRingContract, "nothing comes from nobody");
  if (meddle(socket, Operation::kReceive, Fault::kReceiveError, Fault::kReceiveHangs)) return;
  await_speech(socket);
}

void SimRing::await_speech(Socket& socket) {
  const std::int64_t now_ns = world_.clock.monotonic_ns();
  const Peer::Speech* speech = socket.peer->next(now_ns);
  if (speech == nullptr) return;
  schedule(socket, std::max(speech->at_ns, now_ns) + delay(slot_of(socket)));
}

void SimRing::peers_spoke() {
  for (Socket& socket : slots_) {
    const bool awaits = socket.pending && socket.kind == Operation::kReceive &&
                        socket.at_ns == kNever && !socket.result;
    if (awaits) await_speech(socket);
  }
}

// Either the operation ends cancelled, now or somewhat later, or it was too late for that: then it
// completes as it would have.
void SimRing::cancel(Slot slot) {
  record(What::kCancel, slot);
  require(slot < slots_.size(), Invariant::kRingContract, "there is no such slot");
  Socket& socket = slots_[slot];
  if (!socket.pending || socket.cancelled || socket.kind == Operation::kClose) return;
  socket.cancelled = true;
  const std::int64_t now_ns = world_.clock.monotonic_ns();
  if (socket.at_ns <= now_ns) return;
  std::int64_t soon_ns = now_ns + random_.between(0, 50 * kMicrosecond);
  if (world_.faults.strikes(Fault::kCancelSlow, random_)) {
    soon_ns += random_.between(0, 200 * kMillisecond);
  }
  const bool as_it_would =
      socket.at_ns != kNever && world_.faults.strikes(Fault::kCancelTooLate, random_);
  if (!as_it_would) socket.result = -ECANCELED;
  schedule(socket, soon_ns);
}

void SimRing::close(Slot slot, Token token) {
  record(What::kClose, slot);
  Socket& socket = begin(slot, Operation::kClose, token);
  if (meddle(socket, Operation::kClose, Fault::kCloseError, Fault::kCloseError)) return;
  socket.result = 0;
  schedule(socket, world_.clock.monotonic_ns() + delay(slot));
}

void SimRing::poll(int descriptor, std::uint32_t events, Token token) {
  record(What::kPoll, static_cast<std::uint64_t>(descriptor), events);
  for (const auto& [operation, poll] : polls_) {
    require(poll.token != token, Invariant::kRingContract, "two polls have one token");
  }
  const std::uint64_t operation = ++operations_;
  polls_.emplace(operation, Poll{token, static_cast<std::int32_t>(events)});
  const std::int64_t at_ns = readable_at(descriptor);
  if (at_ns != kNever) due_.push({at_ns, random_.next(), operation, kPollSlot});
}

void SimRing::cancel_poll(Token token) {
  record(What::kCancelPoll, token);
  for (auto& [operation, poll] : polls_) {
    if (poll.token != token || poll.result == -ECANCELED) continue;
    poll.result = -ECANCELED;
    due_.push({world_.clock.monotonic_ns(), random_.next(), operation, kPollSlot});
    return;
  }
}

// ---- the kernel's side ------------------------------------------------------------------------

// An operation that was cancelled has a second, earlier entry.
bool SimRing::stale(const Due& due) const {
  if (due.slot == kPollSlot) return !polls_.contains(due.operation);
  const Socket& socket = slots_[due.slot];
  return !socket.pending || socket.operation != due.operation || socket.at_ns != due.at_ns;
}

std::int64_t SimRing::next_due_ns() {
  while (!due_.empty() && stale(due_.top())) due_.pop();
  return due_.empty() ? kNever : std::max(due_.top().at_ns, held_until_ns_);
}

std::int64_t SimRing::ready_ns() {
  if (!waiting_ || woken_) return 0;
  const std::int64_t ready_ns = std::min({wish_ns_, early_ns_, next_due_ns()});
  return ready_ns == kNever ? kNever : ready_ns + late_ns_;
}

void SimRing::park(std::int64_t timeout_ns) {
  const std::int64_t now_ns = world_.clock.monotonic_ns();
  waiting_ = true;
  wish_ns_ = timeout_ns < 0 ? kNever : now_ns + timeout_ns;
  early_ns_ = kNever;
  late_ns_ = 0;
  if (world_.faults.strikes(Fault::kEarlyReturn, random_)) {
    early_ns_ = now_ns + random_.between(0, 20 * kMillisecond);
  }
  if (world_.faults.strikes(Fault::kLateReturn, random_)) {
    late_ns_ = random_.between(0, kLatestNs);
  }
  if (held_until_ns_ <= now_ns && world_.faults.strikes(Fault::kHeldCompletions, random_)) {
    held_until_ns_ = now_ns + random_.between(0, kSecond);
  }
}

std::span<const Completion> SimRing::wait(std::int64_t timeout_ns) {
  // Whoever still looks at what the last wait lent finds it gone.
  for (auto& buffer : lent_) std::ranges::fill(buffer, std::uint8_t{0xdd});
  lent_.clear();
  completions_.clear();
  const std::size_t taken = take_due();
  if (resumed_ || woken_ || timeout_ns == 0 || taken > 0) {
    waiting_ = resumed_ = woken_ = false;
  } else {
    park(timeout_ns);
  }
  return completions_;
}

std::size_t SimRing::take_due() {
  std::size_t most = engine::limits::kCompletionsPerTick;
  if (world_.faults.strikes(Fault::kFewCompletions, random_)) most = 1 + random_.below(3);
  const std::int64_t now_ns = world_.clock.monotonic_ns();
  while (next_due_ns() <= now_ns) {
    if (completions_.size() == engine::limits::kCompletionsPerTick) {
      world_.faults.count(Fault::kManyCompletions);
    }
    if (completions_.size() >= most) break;
    const Due due = due_.top();
    due_.pop();
    due.slot == kPollSlot ? complete_poll(due.operation) : complete(due.slot);
  }
  return completions_.size();
}

void SimRing::complete_poll(std::uint64_t operation) {
  const Poll poll = polls_.at(operation);
  polls_.erase(operation);
  record(What::kCompletion, poll.token, poll.result);
  completions_.push_back({poll.token, poll.result, {}});
}

std::int32_t SimRing::finish_send(Socket& socket) {
  require(std::ranges::equal(socket.sending, socket.sent,
                             [](std::uint8_t given, char kept) {
                               return given == static_cast<std::uint8_t>(kept);
                             }),
          Invariant::kRingContract, "bytes changed while they were being sent");
  const std::int32_t count = *socket.result;
  if (count > 0) {
    socket.peer->hear(std::string_view(socket.sent).substr(0, static_cast<std::size_t>(count)),
                      world_.clock.monotonic_ns());
    if (socket.peer->overheard()) world_.watcher.overheard(shard_, slot_of(socket));
  }
  return count;
}

std::int32_t SimRing::finish_receive(Socket& socket, std::span<const std::uint8_t>& data) {
  if (socket.result) return *socket.result;
  std::size_t most = engine::limits::kReceiveBufferBytes;
  if (!socket.peer->opaque() && world_.faults.strikes(Fault::kReceiveShort, random_)) {
    most = 1 + random_.below(20);
  }
  const std::string bytes = socket.peer->take(most);
  lent_.emplace_back(bytes.begin(), bytes.end());
  data = lent_.back();
  return static_cast<std::int32_t>(bytes.size());
}

void SimRing::finish_close(Socket& socket) {
  socket.peer.reset();
  socket.open = false;
  --open_;
  world_.watcher.closed(shard_, slot_of(socket));
}

void SimRing::complete(Slot slot) {
  Socket& socket = slots_[slot];
  socket.pending = false;
  Completion completion{socket.token, 0, {}};
  const bool opaque = socket.peer && socket.peer->opaque();
  switch (socket.kind) {
    case Operation::kConnect:
      completion.result = *socket.result;
      if (completion.result == 0) break;
      socket.peer.reset();
      if (!socket.cancelled) world_.watcher.failed(shard_, slot, -completion.result);
      break;
    case Operation::kSend:
      completion.result = finish_send(socket);
      break;
    case Operation::kReceive:
      completion.result = finish_receive(socket, completion.data);
      break;
    case Operation::kClose:
      completion.result = *socket.result;
      finish_close(socket);
      break;
  }
  const bool hidden = opaque && completion.result > 0;
  record(What::kCompletion, slot, hidden ? 1 : completion.result, completion.result);
  completions_.push_back(completion);
}

}  // namespace tracer::sim
