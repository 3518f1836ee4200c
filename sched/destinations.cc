#include "sched/destinations.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "sched/limits.h"

namespace tracer::sched {

using engine::Attempt;
using engine::IpAddress;
using engine::Slot;

Destinations::Destinations(const AddressBounds& bounds, std::uint32_t slots)
    : bounds_(bounds), occupants_(bounds.any() ? slots : 0), sweep_at_(limits::kAddressesKept) {}

bool Destinations::has_place(const Destination& destination) const {
  return bounds_.in_flight == 0 || destination.in_flight < bounds_.in_flight;
}

bool Destinations::forgettable(const Destination& destination, std::int64_t now_ns) const {
  return destination.in_flight == 0 && destination.waiting.empty() &&
         destination.pacer.full(now_ns);
}

void Destinations::begin(Slot slot, const Attempt& attempt, std::int64_t now_ns) {
  assert(occupants_[slot].place == nullptr);
  occupants_[slot] = {.visit = {attempt, now_ns}};
}

Destinations::Answer Destinations::ask(Slot slot, const IpAddress& address, std::int64_t now_ns) {
  Occupant& occupant = occupants_[slot];
  const bool first = !occupant.connected;
  if (first && occupant.place != nullptr && occupant.place->address == address) {
    occupant.connected = true;
    return Answer::kGo;
  }
  release(occupant, now_ns);
  Destination& destination = find(address, now_ns);
  if (first && (!destination.waiting.empty() || !has_place(destination) ||
                !destination.pacer.take(now_ns))) {
    destination.waiting.push_back(occupant.visit);
    ++waiting_;
    plan_turn(destination, now_ns);
    return Answer::kWait;
  }
  ++destination.in_flight;
  plan_turn(destination, now_ns);
  occupant.place = &destination;
  occupant.connected = true;
  return first ? Answer::kGo : Answer::kGoOn;
}

void Destinations::left(Slot slot, std::int64_t now_ns) { release(occupants_[slot], now_ns); }

void Destinations::release(Occupant& occupant, std::int64_t now_ns) {
  const bool connected = std::exchange(occupant.connected, false);
  if (occupant.place == nullptr) return;
  Destination& destination = *std::exchange(occupant.place, nullptr);
  assert(destination.in_flight > 0);
  --destination.in_flight;
  if (!connected) {  // a start that was not made: others may have it, and at once
    destination.pacer.give_back();
    if (destination.turn) turns_.erase(*std::exchange(destination.turn, std::nullopt));
  }
  if (forgettable(destination, now_ns)) {
    by_address_.erase(by_address_.find(destination.address));
  } else {
    plan_turn(destination, now_ns);
  }
}

// A turn that is planned stays as it is, unless a start is given back: who has come up keeps its
// rank among the addresses.
void Destinations::plan_turn(Destination& destination, std::int64_t now_ns) {
  const bool wanted = !destination.waiting.empty() && has_place(destination);
  if (wanted && !destination.turn) {
    destination.turn = turns_.emplace(now_ns + destination.pacer.wait_ns(now_ns), &destination);
  } else if (!wanted && destination.turn) {
    turns_.erase(*std::exchange(destination.turn, std::nullopt));
  }
}

// An address whose bucket is not full yet cannot be forgotten at once; such are looked for when
// their number has doubled.
Destinations::Destination& Destinations::find(const IpAddress& address, std::int64_t now_ns) {
  const auto [found, fresh] = by_address_.try_emplace(address, address, bounds_.start_interval_ns);
  if (fresh && by_address_.size() > sweep_at_) {
    std::erase_if(by_address_, [&](const auto& entry) {
      return entry.first != address && forgettable(entry.second, now_ns);
    });
    sweep_at_ = std::max(limits::kAddressesKept, 2 * by_address_.size());
  }
  return found->second;
}

Attempt* Destinations::next(Slot slot, std::int64_t now_ns) {
  if (next_turn_ns() > now_ns) return nullptr;
  Destination& destination = *turns_.begin()->second;
  turns_.erase(*std::exchange(destination.turn, std::nullopt));
  [[maybe_unused]] const bool taken = destination.pacer.take(now_ns);
  assert(taken);
  Visit visit = destination.waiting.front();
  destination.waiting.pop_front();
  --waiting_;
  visit.attempt.late_ns += now_ns - visit.started_ns;
  begin(slot, visit.attempt, now_ns);
  occupants_[slot].place = &destination;
  ++destination.in_flight;
  plan_turn(destination, now_ns);
  return &occupants_[slot].visit.attempt;
}

std::vector<Attempt> Destinations::take_waiting() {
  std::vector<Attempt> taken;
  if (waiting_ == 0) return taken;
  taken.reserve(waiting_);
  for (auto& [address, destination] : by_address_) {
    for (const Visit& visit : destination.waiting) taken.push_back(visit.attempt);
    destination.waiting.clear();
    destination.turn.reset();
  }
  turns_.clear();
  waiting_ = 0;
  return taken;
}

}  // namespace tracer::sched
