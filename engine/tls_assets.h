// What TLS checks need beside the monitors: trust stores and revocation lists, loaded once and
// shared by all shards, and contexts, made once a shard for each distinct policy.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "engine/monitor.h"
#include "ssl/context.h"
#include "ssl/revocation.h"
#include "ssl/trust.h"

namespace tracer::engine {

// The trust stores and revocation lists that a set's policies name, each loaded once. Immutable
// after load(): every thread may read it.
class TrustStores {
 public:
  // The error is one sentence naming the file.
  static tl::expected<TrustStores, std::string> load(const MonitorSet& set);
  const ssl::TrustStore& store(std::uint32_t policy) const { return *by_policy_[policy].roots; }
  // Null where the policy names none.
  const ssl::RevocationLists* revocation(std::uint32_t policy) const {
    return by_policy_[policy].revocation.get();
  }

 private:
  struct Trust {
    std::shared_ptr<const ssl::TrustStore> roots;  // null where TLS is off
    std::shared_ptr<const ssl::RevocationLists> revocation;
  };
  std::vector<Trust> by_policy_;
};

// The contexts of one shard, on its thread.
class TlsContexts {
 public:
  static tl::expected<TlsContexts, std::string> create(const MonitorSet& set);
  ssl::Context& context(std::uint32_t policy) const { return *by_policy_[policy]; }

 private:
  std::vector<std::unique_ptr<ssl::Context>> contexts_;
  std::vector<ssl::Context*> by_policy_;  // null where TLS is off
};

// The files that both are made from.
std::set<std::string> certificate_files(const MonitorSet& set);

}  // namespace tracer::engine
