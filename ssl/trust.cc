#include "ssl/trust.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <optional>
#include <unordered_map>

#include "ssl/digest.h"
#include "ssl/facts.h"
#include "ssl/limits.h"
#include "ssl/path.h"
#include "ssl/revocation.h"
#include "ssl/utc_text.h"

namespace tracer::ssl {
namespace {

// Everything about a chain that its bytes, the store and the options decide. Of time it depends on
// which revocation lists are current, and no more.
struct Remembered {
  ChainRef report;  // empty when the leaf is not a certificate
  PathVerdict verdict;
  Sha256Digest ocsp_response{};  // of the last one that came with the chain
  OcspAnswer ocsp;
};

struct DigestHash {
  std::size_t operator()(const Sha256Digest& digest) const {
    std::size_t value = 0;
    std::memcpy(&value, digest.data(), sizeof(value));
    return value;
  }
};

Sha256Digest memo_key(const std::vector<Bytes>& presented, const TrustStore& store,
                      std::int64_t now_s, const JudgeOptions& options) {
  Sha256Parts digest;
  digest.add(store.version());
  digest.add(static_cast<std::uint64_t>(options.profile));
  digest.add(std::uint64_t{options.max_intermediates});
  digest.add(std::uint64_t{options.revocation == nullptr ? 0 : options.revocation->size()});
  if (options.revocation != nullptr) options.revocation->add_state(digest, now_s);
  for (const Bytes certificate : presented) digest.add(certificate);
  return digest.finish();
}

Remembered study(const std::vector<Bytes>& presented, const TrustStore& store, std::int64_t now_s,
                 const JudgeOptions& options) {
  Remembered result;
  auto report = std::make_unique<ChainReport>();
  std::vector<std::optional<CertificateView>> views;
  for (const Bytes der : presented) {
    report->der.emplace_back(der.begin(), der.end());
    auto view = parse_certificate(report->der.back());
    if (!view && views.empty()) {
      result.verdict.problems = static_cast<ChainProblems>(ChainProblem::kMalformed);
      result.verdict.detail = "the server's certificate is not valid DER: " + view.error().message +
                              " (at byte " + std::to_string(view.error().offset) + ")";
      return result;
    }
    report->certificates.push_back(view ? facts_of(*view) : CertificateFacts{});
    views.push_back(view ? std::optional(std::move(*view)) : std::nullopt);
  }
  std::vector<const CertificateView*> chain;
  report->earliest_expiry_s = views.front()->not_after_s;
  for (const auto& view : views) {
    chain.push_back(view ? &*view : nullptr);
    if (view) report->earliest_expiry_s = std::min(report->earliest_expiry_s, view->not_after_s);
  }
  result.verdict = build_paths(chain, store.roots(), now_s, options);
  report->nonconformities = std::move(result.verdict.nonconformities);
  report->leaf_self_signed = result.verdict.leaf_self_signed;
  result.report = ChainRef(report.release());
  return result;
}

void add(Judgement& judgement, ChainProblem problem, std::string detail) {
  const auto bit = static_cast<ChainProblems>(problem);
  const auto below = static_cast<ChainProblems>(bit - 1);
  if ((judgement.problems & (bit | below)) == 0) judgement.detail = std::move(detail);
  judgement.problems = static_cast<ChainProblems>(judgement.problems | bit);
}

void judge_time(const ValidityWindow& window, std::int64_t now_s, Judgement& judgement) {
  if (now_s > window.end_s) {
    add(judgement, ChainProblem::kExpired,
        window.end_subject + " expired at " + utc_text(window.end_s));
  }
  if (now_s < window.begin_s) {
    add(judgement, ChainProblem::kNotYetValid,
        window.begin_subject + " is not valid before " + utc_text(window.begin_s));
  }
}

void judge_path(const PathVerdict& verdict, std::int64_t now_s, Judgement& judgement) {
  if (verdict.windows.empty()) {
    judgement.problems = verdict.problems;
    judgement.detail = verdict.detail;
    judge_time(verdict.closest, now_s, judgement);
    return;
  }
  const ValidityWindow* closest = &verdict.windows.front();
  for (const ValidityWindow& window : verdict.windows) {
    if (window.begin_s <= now_s && now_s <= window.end_s) {
      judgement.chain_valid = true;
      judgement.verified_expiry_s = std::max(judgement.verified_expiry_s, window.end_s);
    }
    if (window.end_s > closest->end_s) closest = &window;
  }
  if (!judgement.chain_valid) judge_time(*closest, now_s, judgement);
}

// Whatever signed it: a response that is not the issuer's is invalid, and revokes nothing.
void judge_staple(Remembered& known, const std::vector<Bytes>& presented, const TrustStore& store,
                  Bytes response, std::int64_t now_s, Judgement& judgement) {
  if (response.empty()) return;
  const Sha256Digest digest = sha256(response);
  if (known.ocsp.status == OcspStatus::kNone || known.ocsp_response != digest ||
      now_s < known.ocsp.holds_from_s || now_s > known.ocsp.holds_until_s) {
    known.ocsp = judge_ocsp(response, presented, store, now_s);
    known.ocsp_response = digest;
  }
  judgement.ocsp = known.ocsp;
  if (known.ocsp.status != OcspStatus::kRevoked) return;
  add(judgement, ChainProblem::kRevoked, known.ocsp.sentence);
  judgement.chain_valid = false;
  judgement.verified_expiry_s = 0;
}

std::string mismatch_text(const std::vector<std::string>& sans, std::string_view name) {
  constexpr std::size_t kNamed = 3;
  if (sans.empty()) return "the certificate names no host (no subject alternative name)";
  std::string text = "the certificate is for ";
  for (std::size_t i = 0; i < std::min(sans.size(), kNamed); ++i) {
    if (i > 0) text += ", ";
    text += sans[i].substr(0, 64);
  }
  if (sans.size() > kNamed) text += " and " + std::to_string(sans.size() - kNamed) + " more";
  return text + ", not for " + std::string(name);
}

}  // namespace

// Least recently used last. The chains of a fleet are few; entries are nodes that never move.
struct ChainJudge::Memo {
  using Entry = std::pair<Sha256Digest, Remembered>;

  explicit Memo(std::size_t limit) : capacity(std::max<std::size_t>(limit, 1)) {}

  Remembered* find(const Sha256Digest& key) {
    const auto found = index.find(key);
    if (found == index.end()) return nullptr;
    entries.splice(entries.begin(), entries, found->second);
    return &entries.front().second;
  }

  Remembered* insert(const Sha256Digest& key, Remembered value) {
    if (entries.size() == capacity) {
      index.erase(entries.back().first);
      entries.pop_back();
    }
    entries.emplace_front(key, std::move(value));
    index.emplace(key, entries.begin());
    return &entries.front().second;
  }

  std::size_t capacity;
  std::list<Entry> entries;
  std::unordered_map<Sha256Digest, std::list<Entry>::iterator, DigestHash> index;
  Statistics statistics;
};

ChainJudge::ChainJudge(std::size_t capacity) : memo_(std::make_unique<Memo>(capacity)) {}
ChainJudge::~ChainJudge() = default;

ChainJudge::Statistics ChainJudge::statistics() const { return memo_->statistics; }

Judgement ChainJudge::judge(const std::vector<Bytes>& presented, const TrustStore& store,
                            std::string_view name, std::int64_t now_s,
                            const JudgeOptions& options) {
  Judgement judgement;
  if (presented.empty()) {
    add(judgement, ChainProblem::kMalformed, "the server presented no certificate");
    return judgement;
  }
  std::vector<Bytes> considered = presented;
  considered.resize(std::min(considered.size(), limits::kMaxPresentedCertificates));
  const Sha256Digest key = memo_key(considered, store, now_s, options);
  Remembered* known = memo_->find(key);
  if (known != nullptr) {
    ++memo_->statistics.hits;
  } else {
    ++memo_->statistics.misses;
    known = memo_->insert(key, study(considered, store, now_s, options));
  }
  judgement.chain = known->report;
  if (!judgement.chain) {
    judgement.problems = known->verdict.problems;
    judgement.detail = known->verdict.detail;
    return judgement;
  }
  judgement.self_signed = known->verdict.leaf_self_signed;
  judge_path(known->verdict, now_s, judgement);
  judge_staple(*known, considered, store, options.ocsp_response, now_s, judgement);
  const std::vector<std::string>& sans = judgement.chain->certificates.front().sans;
  judgement.name_matches = !options.judge_name || name_matches(sans, name);
  if (!judgement.name_matches) {
    add(judgement, ChainProblem::kNameMismatch, mismatch_text(sans, name));
  }
  return judgement;
}

}  // namespace tracer::ssl
