#include "engine/tls_assets.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tracer::engine {

tl::expected<TrustStores, std::string> TrustStores::load(const MonitorSet& set) {
  TrustStores stores;
  stores.by_policy_.resize(set.policy_count());
  std::unordered_map<std::string, std::shared_ptr<const ssl::TrustStore>> loaded;
  std::map<std::vector<std::string>, std::shared_ptr<const ssl::RevocationLists>> lists;
  for (std::uint32_t i = 0; i < set.policy_count(); ++i) {
    const TlsPolicy& tls = set.policy_at(i).tls;
    if (!tls.enabled) continue;
    auto& store = loaded[tls.ca_file];
    if (!store) {
      auto result = tls.ca_file.empty() ? ssl::TrustStore::load_system()
                                        : ssl::TrustStore::load_file(tls.ca_file);
      if (!result) return tl::unexpected(result.error());
      store = *result;
    }
    stores.by_policy_[i].roots = store;
    if (tls.crl_files.empty()) continue;
    auto& revocation = lists[tls.crl_files];
    if (!revocation) {
      auto result = ssl::RevocationLists::load_files(tls.crl_files);
      if (!result) return tl::unexpected(result.error());
      revocation = *result;
    }
    stores.by_policy_[i].revocation = revocation;
  }
  return stores;
}

tl::expected<TlsContexts, std::string> TlsContexts::create(const MonitorSet& set) {
  TlsContexts contexts;
  contexts.by_policy_.resize(set.policy_count());
  for (std::uint32_t i = 0; i < set.policy_count(); ++i) {
    const TlsPolicy& tls = set.policy_at(i).tls;
    if (!tls.enabled) continue;
    const ssl::ContextOptions options{tls.min_version, tls.max_version, tls.alpn, tls.cert_file,
                                      tls.key_file};
    const auto same = std::ranges::find_if(
        contexts.contexts_, [&](const auto& context) { return context->options() == options; });
    if (same != contexts.contexts_.end()) {
      contexts.by_policy_[i] = same->get();
      continue;
    }
    auto created = ssl::Context::create(options);
    if (!created) return tl::unexpected(created.error());
    contexts.by_policy_[i] = created->get();
    contexts.contexts_.push_back(std::move(*created));
  }
  return contexts;
}

std::set<std::string> certificate_files(const MonitorSet& set) {
  std::set<std::string> files;
  for (std::uint32_t i = 0; i < set.policy_count(); ++i) {
    const TlsPolicy& tls = set.policy_at(i).tls;
    if (!tls.enabled) continue;
    files.insert(tls.ca_file.empty() ? ssl::TrustStore::system_file() : tls.ca_file);
    files.insert(tls.crl_files.begin(), tls.crl_files.end());
    for (const std::string& file : {tls.cert_file, tls.key_file}) {
      if (!file.empty()) files.insert(file);
    }
  }
  return files;
}

}  // namespace tracer::engine
