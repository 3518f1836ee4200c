#include "tests/unit/engine/probe_harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "tests/unit/ssl/chains.h"

namespace tracer::engine::testing {
namespace {

MonitorSet set_of(const MonitorSpec& spec) {
  MonitorSetBuilder builder;
  if (!builder.add(spec)) throw std::runtime_error("no monitor");
  return std::move(builder).build();
}

template <typename T>
T need(tl::expected<T, std::string> made) {
  if (!made) throw std::runtime_error(made.error());
  return std::move(*made);
}

}  // namespace

// ---- peers ----------------------------------------------------------------------------------

std::optional<std::string> ScriptedPeer::say() {
  if (lines_.empty()) return then_ == Then::kClose ? std::optional(std::string()) : std::nullopt;
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

void TlsPeer::hear(std::string_view bytes) {
  if (!preamble_.empty()) {
    clear += bytes;
  } else {
    server.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  }
}

std::optional<std::string> TlsPeer::say() {
  if (!preamble_.empty()) {
    std::string line = std::move(preamble_.front());
    preamble_.pop_front();
    return line;
  }
  if (server.done() && !answers.empty() && server.plaintext().size() > answered_) {
    answered_ = server.plaintext().size();
    for (const std::string& answer : answers) server.write(answer);
    answers.clear();
    if (closes) server.close();
  }
  const auto output = server.take_output();
  if (output.empty()) return server.failed() ? std::optional(std::string()) : std::nullopt;
  return std::string(output.begin(), output.end());
}

// ---- the harness ----------------------------------------------------------------------------

ProbeHarness::ProbeHarness(const MonitorSpec& spec, const EgressPolicy& egress)
    : monitors_(set_of(spec)),
      egress_(egress),
      trust_(need(TrustStores::load(monitors_))),
      contexts_(need(TlsContexts::create(monitors_))),
      pool_(std::make_unique<ProbePool>(
          ProbePool::Environment{
              {&monitors_, &trust_, &contexts_}, egress_, judge_, *this, *this, *this},
          2)),
      tick_{5'000 * kMs, ssl::testing::kNow * 1000} {}

ProbeHarness::~ProbeHarness() {
  EXPECT_TRUE(freed_) << "the slot is still taken";
  EXPECT_EQ(outcomes_.size(), static_cast<std::size_t>(starts_));
  for (Outcome& outcome : outcomes_) outcome.release_payload();
}

void ProbeHarness::start(std::uint8_t number) {
  ASSERT_TRUE(freed_);
  freed_ = false;
  ++starts_;
  pool_->start(kSlot, {0, number, tick_.unix_ms}, tick_);
}

void ProbeHarness::give(const Answer& late) {
  waiting_ = false;
  pool_->on_answer(kSlot, late, tick_);
}

std::int32_t ProbeHarness::connect_now() {
  const int result = connect_result(pending_->target);
  if (result == 0 && peer) peer_ = peer(pending_->target);
  return result;
}

bool ProbeHarness::can_complete() {
  if (!pending_) return false;
  if (pending_->cancelled || pending_->kind == Operation::Kind::kClose) return true;
  if (pending_->kind == Operation::Kind::kConnect) {
    return connect_result(pending_->target) != -EINPROGRESS;
  }
  if (pending_->kind == Operation::Kind::kSend) return piece > 0;
  if (said_ || closing_said_) return true;
  auto said = peer_->say();
  if (!said) return false;
  if (said->empty()) {
    closing_said_ = true;
  } else {
    said_ = std::move(said);
  }
  return true;
}

void ProbeHarness::complete(std::optional<std::int32_t> result) {
  ASSERT_TRUE(pending_);
  if (result) {
    deliver(*result, {});
    return;
  }
  ASSERT_TRUE(can_complete()) << "nothing to complete it with";
  if (pending_->cancelled && pending_->kind != Operation::Kind::kClose) {
    deliver(-ECANCELED, {});
    return;
  }
  switch (pending_->kind) {
    case Operation::Kind::kClose:
      deliver(0, {});
      return;
    case Operation::Kind::kConnect:
      deliver(connect_now(), {});
      return;
    case Operation::Kind::kSend: {
      const std::size_t count = std::min(piece, pending_->bytes.size());
      peer_->hear({reinterpret_cast<const char*>(pending_->bytes.data()), count});
      deliver(static_cast<std::int32_t>(count), {});
      return;
    }
    case Operation::Kind::kReceive: {
      if (!said_) {
        deliver(0, {});
        return;
      }
      const std::size_t count =
          std::min({piece, said_->size(), std::size_t{limits::kReceiveBufferBytes}});
      const std::string head = said_->substr(0, count);
      said_->erase(0, count);
      if (said_->empty()) said_.reset();
      deliver(static_cast<std::int32_t>(count), head);
      return;
    }
  }
}

void ProbeHarness::deliver(std::int32_t result, std::string_view data) {
  const Operation operation = *pending_;
  pending_.reset();
  if (operation.kind == Operation::Kind::kClose) {
    socket_open_ = false;
    said_.reset();
    closing_said_ = false;
  }
  tick_.now_ns += step_ns;
  // In memory of its own size, gone afterwards: what keeps a view of it is found out.
  const std::vector<std::uint8_t> copy(data.begin(), data.end());
  pool_->on_completion({operation.token, result, copy}, tick_);
}

void ProbeHarness::pass(std::int64_t duration_ns) {
  tick_.now_ns += duration_ns;
  if (tick_.now_ns < deadline_ns_) return;
  deadline_ns_ = INT64_MAX;
  pool_->on_deadline(kSlot, tick_);
}

void ProbeHarness::pass_to_deadline() {
  ASSERT_NE(deadline_ns_, INT64_MAX) << "nothing ends the waiting";
  pass(std::max<std::int64_t>(deadline_ns_ - tick_.now_ns, 0));
}

void ProbeHarness::abort() { pool_->abort(kSlot, tick_); }

const Outcome& ProbeHarness::finish() {
  for (int steps = 0; !freed_ && !::testing::Test::HasFatalFailure(); ++steps) {
    if (steps > 200'000) throw std::runtime_error("the probe never ends");
    if (tick_.now_ns >= deadline_ns_) {
      pass(0);
    } else if (can_complete()) {
      complete();
    } else {
      pass_to_deadline();
    }
  }
  if (outcomes_.empty()) throw std::runtime_error("the probe reported nothing");
  return outcomes_.back();
}

// ---- the ring -------------------------------------------------------------------------------

void ProbeHarness::begin(Operation operation) {
  EXPECT_FALSE(pending_) << "two operations at a time";
  EXPECT_EQ(token_slot(operation.token), kSlot);
  EXPECT_EQ(token_owner(operation.token), TokenOwner::kProbe);
  EXPECT_EQ(operation.token >> 56, 0U);
  if (operation.kind != Operation::Kind::kConnect) {
    EXPECT_TRUE(socket_open_) << "no socket";
  }
  pending_ = operation;
}

void ProbeHarness::connect(Slot slot, const Endpoint& target, const IpAddress& source,
                           Token token) {
  EXPECT_EQ(slot, kSlot);
  EXPECT_FALSE(socket_open_) << "the slot still has its socket";
  EXPECT_TRUE(egress_.permits(target.address));
  begin({Operation::Kind::kConnect, token, target, source, {}, false});
  socket_open_ = true;
  connects_.push_back(target);
  last_source_ = source;
}

void ProbeHarness::send(Slot, std::span<const std::uint8_t> bytes, Token token) {
  EXPECT_FALSE(bytes.empty());
  begin({Operation::Kind::kSend, token, {}, {}, bytes, false});
}

void ProbeHarness::receive(Slot, Token token) {
  begin({Operation::Kind::kReceive, token, {}, {}, {}, false});
}

void ProbeHarness::close(Slot, Token token) {
  begin({Operation::Kind::kClose, token, {}, {}, {}, false});
}

void ProbeHarness::cancel(Slot slot) {
  EXPECT_EQ(slot, kSlot);
  EXPECT_TRUE(pending_) << "nothing to cancel";
  if (pending_) pending_->cancelled = true;
}

void ProbeHarness::poll(int, std::uint32_t, Token) { ADD_FAILURE() << "a probe polls nothing"; }
void ProbeHarness::cancel_poll(Token) { ADD_FAILURE() << "a probe polls nothing"; }
std::span<const Completion> ProbeHarness::wait(std::int64_t) {
  ADD_FAILURE() << "a probe never waits";
  return {};
}
void ProbeHarness::wake() { ADD_FAILURE() << "a probe wakes nobody"; }

// ---- the resolver ---------------------------------------------------------------------------

std::optional<Answer> ProbeHarness::resolve(std::string_view, IpFamily, std::uint32_t waiter,
                                            std::int64_t now_ns) {
  EXPECT_EQ(waiter, kSlot);
  EXPECT_EQ(now_ns, tick_.now_ns);
  waiting_ = !answer.has_value();
  return answer;
}

Answer ProbeHarness::give_up(std::uint32_t waiter, std::int64_t) {
  EXPECT_EQ(waiter, kSlot);
  EXPECT_TRUE(waiting_);
  waiting_ = false;
  return given_up;
}

void ProbeHarness::forget(std::uint32_t waiter) {
  EXPECT_EQ(waiter, kSlot);
  waiting_ = false;
}

void ProbeHarness::on_completion(const Completion&, std::int64_t) {}

// ---- the host -------------------------------------------------------------------------------

void ProbeHarness::set_deadline(Slot slot, std::int64_t deadline_ns) {
  EXPECT_EQ(slot, kSlot);
  EXPECT_FALSE(freed_);
  deadline_ns_ = deadline_ns;
}

void ProbeHarness::finished(const Outcome& outcome) {
  outcomes_.push_back(outcome);
  EXPECT_EQ(outcomes_.size(), static_cast<std::size_t>(starts_)) << "reported twice";
  EXPECT_GE(outcome.times.total_ns, 0);
  for (const std::int64_t phase :
       {outcome.times.dns_ns, outcome.times.connect_ns, outcome.times.starttls_ns,
        outcome.times.tls_ns, outcome.times.response_ns}) {
    EXPECT_LE(phase, outcome.times.total_ns);
    EXPECT_TRUE(phase >= 0 || phase == kNotMeasured);
  }
}

void ProbeHarness::freed(Slot slot) {
  EXPECT_EQ(slot, kSlot);
  EXPECT_FALSE(freed_) << "freed twice";
  EXPECT_FALSE(pending_) << "freed with an operation under way";
  EXPECT_FALSE(socket_open_) << "freed with its socket open";
  EXPECT_FALSE(waiting_) << "freed while the resolver may still answer";
  EXPECT_EQ(outcomes_.size(), static_cast<std::size_t>(starts_)) << "freed without a report";
  freed_ = true;
  deadline_ns_ = INT64_MAX;
}

// ---- values ---------------------------------------------------------------------------------

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

Answer addresses(const std::vector<std::string_view>& texts) {
  auto list = std::make_shared<AddressList>();
  for (const std::string_view text : texts) list->addresses.push_back(address(text));
  return {FailureCode::kNone, std::move(list), {}};
}

MonitorSpec plain_monitor() {
  MonitorSpec spec;
  spec.host = "127.0.0.1";
  spec.port = kPort;
  return spec;
}

MonitorSpec expecting(std::string_view send, std::string_view expect) {
  MonitorSpec spec = plain_monitor();
  spec.policy.exchange.send = send;
  spec.policy.exchange.expect = ExchangePolicy::Expect::kSubstring;
  spec.policy.exchange.substring = expect;
  return spec;
}

MonitorSpec tls_monitor() {
  MonitorSpec spec = plain_monitor();
  spec.server_name = ssl::testing::kHost;
  spec.policy.tls.enabled = true;
  spec.policy.tls.ca_file = std::string(TRACER_TEST_CHAINS) + "/root.pem";
  return spec;
}

void speaks(ProbeHarness& harness, const std::deque<std::string>& lines, ScriptedPeer::Then then) {
  harness.peer = [lines, then](const Endpoint&) {
    return std::make_unique<ScriptedPeer>(lines, then);
  };
}

}  // namespace tracer::engine::testing
