// What a TrustStore holds, for the building of paths. Internal to ssl/. Immutable once the store
// exists; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ssl/certificate_view.h"
#include "ssl/trust.h"

namespace tracer::ssl {

struct TrustStore::Roots {
  struct Root {
    std::vector<std::uint8_t> der;
    CertificateView view;  // of der
  };
  std::vector<Root> all;
  // By canonical subject. Several roots may share a name, as after a change of keys.
  std::unordered_multimap<std::string_view, const Root*> by_subject;
  std::uint64_t version = 0;

  bool holds(const CertificateView& certificate) const;
};

}  // namespace tracer::ssl
