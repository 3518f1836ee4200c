#include "tools/tracer/import/credentials.h"

#include "ssl/context.h"
#include "ssl/revocation.h"
#include "ssl/trust.h"

namespace tracer::import {

const std::string& Credentials::trouble_of_roots(const std::string& ca_file) {
  const auto [entry, is_new] = roots_.try_emplace(ca_file);
  if (is_new) {
    if (const auto store = ssl::TrustStore::load_file(ca_file); !store) {
      entry->second = store.error();
    }
  }
  return entry->second;
}

const std::string& Credentials::trouble_of_lists(const std::vector<std::string>& crl_files) {
  const auto [entry, is_new] = lists_.try_emplace(crl_files);
  if (is_new) {
    if (const auto lists = ssl::RevocationLists::load_files(crl_files); !lists) {
      entry->second = lists.error();
    }
  }
  return entry->second;
}

const std::string& Credentials::trouble_of_pair(const std::string& cert_file,
                                                const std::string& key_file) {
  const auto [entry, is_new] = pairs_.try_emplace(std::pair(cert_file, key_file));
  if (is_new) {
    ssl::ContextOptions options;
    options.cert_file = cert_file;
    options.key_file = key_file;
    if (const auto context = ssl::Context::create(options); !context) {
      entry->second = context.error();
    }
  }
  return entry->second;
}

}  // namespace tracer::import
