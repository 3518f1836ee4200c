// A table from 64-bit hashes to indices of things that are kept elsewhere: open addressing, eight
// bytes an entry, no deletion. It serves the builders of immutable sets, which must recognise
// equal values quickly and keep nothing of it afterwards. Owned and used by one thread.
//
// Invariant: an index once inserted is found again by its hash for as long as the table lives.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tracer::engine {

class HashIndex {
 public:
  static constexpr std::uint32_t kMaxIndex = 0xFFFF'FFFEU;

  // The index inserted under `hash` for which `same(index)` holds. `same` is asked about few but
  // the right one, and decides alone: hashes may collide.
  template <typename Same>
  std::optional<std::uint32_t> find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return std::nullopt;
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = tag & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.index == kFree) return std::nullopt;
      if (slot.tag == tag && same(slot.index)) return slot.index;
    }
  }

  void insert(std::uint64_t hash, std::uint32_t index) {
    assert(index <= kMaxIndex);
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    place(Slot{tag_of(hash), index});
    ++used_;
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFF'FFFFU;
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t index = kFree;
  };

  // Mixed, because a hash may be an identity that a document chose, such as 0000000000000001.
  static std::uint32_t tag_of(std::uint64_t hash) {
    hash ^= hash >> 33;
    hash *= 0xFF51'AFD7'ED55'8CCDULL;
    hash ^= hash >> 33;
    hash *= 0xC4CE'B9FE'1A85'EC53ULL;
    return static_cast<std::uint32_t>(hash >> 32);
  }

  std::size_t mask() const { return slots_.size() - 1; }

  void place(Slot slot) {
    std::size_t at = slot.tag & mask();
    while (slots_[at].index != kFree) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index != kFree) place(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace tracer::engine
