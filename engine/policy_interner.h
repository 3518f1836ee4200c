// Keeps each distinct CheckPolicy once. Monitors that follow each other in a document nearly
// always share the policy of the one before, so that is compared first, and a structural hash
// finds the rest. Owned and used by the thread that builds a MonitorSet.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/hash_index.h"
#include "engine/monitor.h"

namespace tracer::engine {

// Equal in every field; patterns by their text, not by their address.
bool same_policy(const CheckPolicy& a, const CheckPolicy& b);
// Equal policies have equal hashes. Not stable between versions of the program.
std::uint64_t policy_hash(const CheckPolicy& policy);

class PolicyInterner {
 public:
  // The index of the one object equal to `policy`, which is copied when it is new.
  std::uint32_t intern(const CheckPolicy& policy);
  // All of them, by index. The interner is spent afterwards.
  std::vector<std::shared_ptr<const CheckPolicy>> take() && { return std::move(policies_); }

 private:
  std::vector<std::shared_ptr<const CheckPolicy>> policies_;
  HashIndex index_;
  std::uint32_t latest_ = 0;
};

}  // namespace tracer::engine
