#include "ssl/path.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <utility>

#include "ssl/conformance.h"
#include "ssl/facts.h"
#include "ssl/limits.h"
#include "ssl/path_rules.h"
#include "ssl/revocation.h"
#include "ssl/signature.h"

namespace tracer::ssl {
namespace {

using Path = std::vector<const CertificateView*>;

ValidityWindow window_of(const Path& path) {
  const auto later = std::max_element(path.begin(), path.end(), [](const auto* a, const auto* b) {
    return a->not_before_s < b->not_before_s;
  });
  const auto sooner = std::min_element(path.begin(), path.end(), [](const auto* a, const auto* b) {
    return a->not_after_s < b->not_after_s;
  });
  return {(*later)->not_before_s, (*sooner)->not_after_s, short_subject(**later),
          short_subject(**sooner)};
}

bool same_bytes(Bytes a, Bytes b) { return std::ranges::equal(a, b); }

// The same name with the same key is the same CA, whichever certificate says so: going through it
// twice leads nowhere (RFC 4158 section 2.4.2).
bool same_entity(const CertificateView& a, const CertificateView& b) {
  return a.subject_key == b.subject_key && same_bytes(a.key.bits, b.key.bits) &&
         same_bytes(a.key.algorithm.whole, b.key.algorithm.whole);
}

// False when both identifiers are there and differ. Only a hint: what decides is the signature.
bool key_ids_agree(const CertificateView& child, const CertificateView& issuer) {
  const Bytes wanted = child.extensions.authority_key_id;
  const Bytes offered = issuer.extensions.subject_key_id;
  return wanted.empty() || offered.empty() || same_bytes(wanted, offered);
}

class PathBuilder {
 public:
  PathBuilder(const std::vector<const CertificateView*>& presented, const TrustStore::Roots& roots,
              std::int64_t now_s, const JudgeOptions& options)
      : presented_(presented),
        roots_(roots),
        options_(options),
        revocation_(options.revocation, now_s) {}

  PathVerdict run() {
    path_ = {presented_.front()};
    extend();
    PathVerdict verdict;
    verdict.leaf_self_signed = is_self_signed(*presented_.front());
    verdict.windows = std::move(windows_);
    if (!verdict.windows.empty()) {
      verdict.nonconformities = remarks_on(accepted_, true);
      return verdict;
    }
    const Path& closest = rejected_ ? rejected_->second : deepest_;
    const Findings findings = rejected_ ? rejected_->first : explain_dead_end();
    verdict.problems = findings.problems;
    verdict.detail = findings.detail;
    verdict.closest = window_of(closest);
    verdict.nonconformities = remarks_on(closest, rejected_.has_value());
    return verdict;
  }

 private:
  struct Candidate {
    const CertificateView* view;
    bool root;
  };

  // Goes on from the last certificate of path_.
  void extend() {
    if (++steps_ > limits::kMaxPathSteps) {
      exhausted_ = true;
      return;
    }
    const CertificateView& current = *path_.back();
    if (roots_.holds(current)) {
      complete();
      return;
    }
    if (path_.size() > deepest_.size()) deepest_ = path_;
    if (path_.size() == limits::kMaxPathCertificates) {
      exhausted_ = true;
      return;
    }
    for (const Candidate& candidate : issuers_of(current)) {
      if (windows_.size() == limits::kMaxValidPaths) return;
      if (!signs(*candidate.view, current)) continue;
      path_.push_back(candidate.view);
      if (candidate.root) {
        complete();
      } else {
        extend();
      }
      path_.pop_back();
    }
  }

  // Roots before what was presented, and those whose key identifier agrees before all others.
  std::vector<Candidate> issuers_of(const CertificateView& child) const {
    std::vector<Candidate> candidates;
    const auto [first, last] = roots_.by_subject.equal_range(child.issuer_key);
    for (auto root = first; root != last; ++root) {
      candidates.push_back({&root->second->view, true});
    }
    for (std::size_t i = 1; i < presented_.size(); ++i) {
      const CertificateView* view = presented_[i];
      if (view == nullptr || view->subject_key != child.issuer_key || roots_.holds(*view)) continue;
      const bool visited = std::any_of(path_.begin(), path_.end(), [view](const auto* step) {
        return same_entity(*step, *view);
      });
      if (!visited) candidates.push_back({view, false});
    }
    std::stable_partition(
        candidates.begin(), candidates.end(),
        [&child](const Candidate& candidate) { return key_ids_agree(child, *candidate.view); });
    return candidates;
  }

  // A whole path stands in path_.
  void complete() {
    Findings findings = check_path(path_, true, options_.max_intermediates, comparisons_);
    check_revocation(path_, findings);
    if (options_.profile == Profile::kStrict) {
      const std::vector<std::string> remarks = remarks_on(path_, true);
      if (!remarks.empty()) findings.add(ChainProblem::kNonconforming, remarks.front());
    }
    if (findings.problems == 0) {
      if (windows_.empty()) accepted_ = path_;
      windows_.push_back(window_of(path_));
      return;
    }
    const auto fewer = [](ChainProblems a, ChainProblems b) {
      return std::popcount(a) < std::popcount(b);
    };
    if (!rejected_ || fewer(findings.problems, rejected_->first.problems)) {
      rejected_.emplace(std::move(findings), path_);
    }
  }

  void check_revocation(const Path& path, Findings& findings) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const RevocationAnswer answer = revocation_.ask(*path[i], *path[i + 1]);
      if (answer.kind == RevocationAnswer::Kind::kRevoked) {
        findings.add(ChainProblem::kRevoked, answer.sentence);
      }
    }
  }

  // What fails a path in the strict profile and is told in the other.
  std::vector<std::string> remarks_on(const Path& path, bool anchored) {
    std::vector<std::string> remarks =
        nonconformities(path, anchored, [this](const CertificateView& certificate) {
          return checked(certificate, certificate) == SignatureCheck::kValid;
        });
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      RevocationAnswer answer = revocation_.ask(*path[i], *path[i + 1]);
      if (answer.kind == RevocationAnswer::Kind::kUnusable) {
        remarks.push_back(std::move(answer.sentence));
      }
    }
    return remarks;
  }

  bool signs(const CertificateView& issuer, const CertificateView& child) {
    return checked(issuer, child) == SignatureCheck::kValid;
  }

  SignatureCheck checked(const CertificateView& issuer, const CertificateView& child) {
    const auto known = checks_.find({&issuer, &child});
    if (known != checks_.end()) return known->second;
    if (checks_.size() == limits::kMaxSignatureChecks) {
      exhausted_ = true;
      return SignatureCheck::kUnsupported;
    }
    const SignatureCheck check =
        verify_signature(issuer.key, child.signature_algorithm, child.tbs, child.signature);
    checks_.emplace(std::pair(&issuer, &child), check);
    return check;
  }

  // True when one of the candidates for the issuer of `child` got this answer.
  bool any_issuer_gave(SignatureCheck answer, const CertificateView& child) const {
    return std::any_of(checks_.begin(), checks_.end(), [&](const auto& entry) {
      return entry.first.second == &child && entry.first.first != &child && entry.second == answer;
    });
  }

  bool is_self_signed(const CertificateView& certificate) {
    return certificate.self_issued() && checked(certificate, certificate) == SignatureCheck::kValid;
  }

  // No path reached a root: says why, along the longest that was found.
  Findings explain_dead_end() {
    Findings findings = check_path(deepest_, false, options_.max_intermediates, comparisons_);
    check_revocation(deepest_, findings);
    const CertificateView& last = *deepest_.back();
    add_unparsed(findings);
    if (is_self_signed(last)) {
      const bool leaf = deepest_.size() == 1;
      findings.add(leaf ? ChainProblem::kSelfSigned : ChainProblem::kUntrustedIssuer,
                   leaf ? short_subject(last) + " is signed by itself and is not trusted"
                        : "root " + short_subject(last) + " is not trusted");
    } else if (exhausted_) {
      findings.add(ChainProblem::kUntrustedIssuer,
                   "the search for a trusted root was given up at its limits");
    } else if (any_issuer_gave(SignatureCheck::kUnsupported, last)) {
      findings.add(ChainProblem::kUnsupported,
                   "the signature of " + short_subject(last) + " (" +
                       signature_algorithm_name(last.signature_algorithm) +
                       ") cannot be checked by this prober");
    } else if (any_issuer_gave(SignatureCheck::kInvalid, last)) {
      findings.add(ChainProblem::kUntrustedIssuer, "the signature of " + short_subject(last) +
                                                       " does not verify with the key of " +
                                                       short_issuer(last));
    } else if (deepest_.size() > 1) {
      findings.add(ChainProblem::kUntrustedIssuer, "issuer " + short_issuer(last) + " of " +
                                                       short_subject(last) +
                                                       " was not presented and is not trusted");
    } else {
      findings.add(ChainProblem::kIncomplete,
                   "issuer " + short_issuer(last) +
                       " was not presented and is no trusted root (intermediate missing, or a "
                       "private CA)");
    }
    return findings;
  }

  // What could not be parsed may be the link that is missing.
  void add_unparsed(Findings& findings) const {
    const auto missing = std::find(presented_.begin(), presented_.end(), nullptr);
    if (missing == presented_.end()) return;
    findings.add(ChainProblem::kMalformed, "certificate " +
                                               std::to_string(missing - presented_.begin() + 1) +
                                               " of the presented chain is not valid DER");
  }

  const std::vector<const CertificateView*>& presented_;
  const TrustStore::Roots& roots_;
  const JudgeOptions& options_;
  RevocationChecker revocation_;
  Path path_;
  Path deepest_;
  Path accepted_;  // the first that is good
  std::vector<ValidityWindow> windows_;
  std::optional<std::pair<Findings, Path>> rejected_;
  std::map<std::pair<const CertificateView*, const CertificateView*>, SignatureCheck> checks_;
  std::size_t steps_ = 0;
  std::size_t comparisons_ = limits::kMaxNameComparisons;
  bool exhausted_ = false;
};

}  // namespace

bool TrustStore::Roots::holds(const CertificateView& certificate) const {
  const auto [first, last] = by_subject.equal_range(certificate.subject_key);
  return std::any_of(first, last, [&certificate](const auto& entry) {
    return same_bytes(entry.second->view.der, certificate.der);
  });
}

PathVerdict build_paths(const std::vector<const CertificateView*>& presented,
                        const TrustStore::Roots& roots, std::int64_t now_s,
                        const JudgeOptions& options) {
  return PathBuilder(presented, roots, now_s, options).run();
}

}  // namespace tracer::ssl
