// What goes to one address. Where a scenario has such bounds, an attempt that is told to wait is
// not seen to do so: it begins, and begins again.

#include <algorithm>
#include <string>
#include <utility>

#include "tests/sim/model.h"

namespace tracer::sim {

using engine::Outcome;

// Addresses that an attempt goes on to after its first one wait for nothing. They count, but one of
// them may come between the turn of an attempt with a name and its connect.
void Model::check_first_connect(Shard& shard, const Attempt& attempt,
                                const engine::IpAddress& address) {
  const sched::AddressBounds& bounds = scenario_.shard.per_address;
  Address& place = shard.addresses[address];
  require(bounds.in_flight == 0 || place.first < bounds.in_flight, Invariant::kAddressBounds,
          [&] { return about(attempt.monitor, "one too many goes to " + address.to_string()); });
  // Whose turn it is asks for its name once more, and connects that much later.
  if (bounds.start_interval_ns == 0 || !scenario_.targets[attempt.monitor].literal) return;
  constexpr std::int64_t kBurstNs = 50 * kMillisecond;
  if (place.pace_ns > now_ns() - tick_ns_) faults_.count(Fault::kAddressPaced);
  place.pace_ns = std::max(place.pace_ns, now_ns() - kBurstNs);
  require(place.pace_ns <= now_ns(), Invariant::kAddressBounds,
          [&] { return about(attempt.monitor, "too soon for " + address.to_string()); });
  place.pace_ns += bounds.start_interval_ns;
}

void Model::connected(Shard& shard, engine::Slot slot, const engine::IpAddress& address) {
  Attempt& attempt = *shard.slots[slot];
  const bool first = !std::exchange(attempt.connected, true);
  if (first) check_first_connect(shard, attempt, address);
  shard.sockets[slot] = {address, first};
  Address& place = shard.addresses[address];
  if (first) ++place.first;
  if (++place.in_flight == scenario_.shard.per_address.in_flight) {
    faults_.count(Fault::kAddressFull);
  }
}

void Model::closed(std::uint32_t shard_index, engine::Slot slot) {
  Shard& shard = by_shard_[shard_index];
  const Socket& socket = shard.sockets[slot];
  Address& place = shard.addresses[socket.address];
  if (socket.first) --place.first;
  if (place.in_flight-- == scenario_.shard.per_address.in_flight) place.room_since_ns = now_ns();
}

// Then nothing holds a check back that is to go there: who waits there has literal addresses too.
bool Model::has_long_had_room(std::uint32_t monitor) const {
  const std::int64_t long_ago_ns = now_ns() - 3 * tick_ns_;
  const bool slots_short = scenario_.shard.slots < 20 * scenario_.targets.size();
  if (!bounded() || !scenario_.targets[monitor].literal || slots_short ||
      faults_.weight(Fault::kEvaluatorStalls) > 0) {
    return false;
  }
  const sched::AddressBounds& bounds = scenario_.shard.per_address;
  const Shard& shard = by_shard_[by_monitor_[monitor].shard];
  const auto found = std::ranges::find_if(shard.addresses, [&](const auto& entry) {
    return entry.first.to_string() == scenario_.targets[monitor].spec.host;
  });
  if (found == shard.addresses.end()) return true;
  const Address& place = found->second;
  const bool room = bounds.in_flight == 0 ||
                    (place.in_flight < bounds.in_flight && place.room_since_ns <= long_ago_ns);
  return room && place.pace_ns <= long_ago_ns;
}

// The first of those that it may be of; what had begun before that has waited at its address.
std::shared_ptr<Model::Attempt> Model::take_attempt(Monitor& monitor, const Outcome& outcome) {
  auto& attempts = monitor.attempts;
  if (bounded()) {
    const bool connected = outcome.address.family != 0;
    const auto fits = [&](const auto& each) {
      return each->start_unix_ms == outcome.started_unix_ms;
    };
    // The wall clock may have said the same two times.
    auto found = std::ranges::find_if(
        attempts, [&](const auto& each) { return fits(each) && each->connected == connected; });
    if (found == attempts.end()) found = std::ranges::find_if(attempts, fits);
    auto waited = found == attempts.end() ? 0 : found - attempts.begin();
    for (; waited > 0 && !attempts.front()->connected; --waited) {
      faults_.count(Fault::kHeldAtAddress);
      attempts.pop_front();
    }
  }
  std::shared_ptr<Attempt> attempt = attempts.front();
  require(attempt->start_unix_ms == outcome.started_unix_ms, Invariant::kOneOutcome,
          [&] { return about(outcome.monitor, "not the outcome of the attempt that is next"); });
  attempts.pop_front();
  return attempt;
}

// A first attempt that waited at its address when the drain came.
bool Model::was_not_made(const Outcome& outcome) const {
  return bounded() && draining_ && outcome.attempt == 1 &&
         outcome.failure == engine::FailureCode::kLocalShutdown && outcome.address.family == 0 &&
         outcome.times.total_ns == 0;
}

void Model::not_made(Monitor& monitor, const Outcome& outcome) {
  faults_.count(Fault::kHeldToTheEnd);
  require(std::ranges::none_of(monitor.attempts, [](const auto& each) { return each->connected; }),
          Invariant::kOneOutcome,
          [&] { return about(outcome.monitor, "is said not to be made, and was"); });
  monitor.attempts.clear();
  ++begun_;
  skipped_ += outcome.skipped;
  judge(now_ns(), outcome);
}

}  // namespace tracer::sim
