// Building paths from a leaf to trusted roots over what a server presented (RFC 4158). Everything
// here depends on the bytes of the chain and of the store, the options, and which revocation lists
// are current, so that it can be remembered; time is left to whoever uses the result. Internal to
// ssl/. Any thread.
//
// Bounded by limits.h: depth, signature checks, steps of the search, comparisons of names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ssl/certificate_view.h"
#include "ssl/roots.h"
#include "ssl/trust.h"

namespace tracer::ssl {

// When the certificates of one path are valid together, and which of them set the borders.
struct ValidityWindow {
  std::int64_t begin_s = 0;  // greatest notBefore
  std::int64_t end_s = 0;    // least notAfter; before begin_s when there is no such time
  std::string begin_subject;
  std::string end_subject;
};

struct PathVerdict {
  // Of each path to a root that is good but for time, at most limits::kMaxValidPaths.
  std::vector<ValidityWindow> windows;
  std::vector<std::string> nonconformities;  // of the first of these, else of what came closest
  // Without such a path: what is wrong with the one that came closest, and its window.
  ChainProblems problems = 0;
  std::string detail;
  ValidityWindow closest;
  bool leaf_self_signed = false;
};

// `presented`: leaf first; null where a certificate could not be parsed. `now_s` matters for the
// revocation lists alone. REQUIRES: the first is not null.
PathVerdict build_paths(const std::vector<const CertificateView*>& presented,
                        const TrustStore::Roots& roots, std::int64_t now_s,
                        const JudgeOptions& options);

}  // namespace tracer::ssl
