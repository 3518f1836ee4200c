// Judges a presented chain: does some path lead from the leaf to a trusted root (RFC 5280 section
// 6), is the time right, does the name match (RFC 6125, SAN only). The handshake itself runs with
// the library's own check off, so that a bad chain still yields every fact; this is the judgement.
//
// TrustStore is immutable and shared by all threads. ChainJudge belongs to one shard and keeps a
// bounded memo: signatures and constraints depend on bytes alone, so they are judged once per
// (SHA-256 of the presented chain, trust store, options); time and name are judged afresh on every
// call. A chain's last OCSP response is remembered with it, for as long as its answer holds.
//
// One judge, two profiles. A monitor must not call a service down for what every client accepts, so
// live checks are judged as careful TLS clients would (kClients): what issuers did against their
// rules is told, and fails nothing. An auditor of a stored chain wants every rule kept (kStrict).
// docs/judgement.md has the rules and which profile enforces them.
//
// Several paths may lead from a leaf to a root (cross-signing, roots with one name and two keys);
// any that holds suffices. A presented certificate that cannot be read is left out, and matters
// only when no path does without it.
//
// A missing intermediate told from an unknown issuer: no verifier can see which of the two it is
// when a server presents its leaf alone, so the rule is what was presented. If the chain goes on
// beyond the leaf, or ends at a self-signed certificate, and that end is not trusted, the issuer is
// unknown (kUntrustedIssuer). If the leaf's issuer is neither presented nor a root, a link is
// missing (kIncomplete), and the detail names the other possibility, a private CA.
//
// Invariants:
// 1. A chain is never valid through a certificate that this server did not present, other than
//    the store's own roots.
// 2. The work of one call is bounded, whatever is presented (ssl/limits.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "ssl/certificate.h"
#include "ssl/limits.h"
#include "ssl/ocsp.h"

namespace tracer::ssl {

class RevocationLists;

// What is wrong with a chain; several can hold at once. Ordered by precedence: the lowest set bit
// is the one that names the failure.
enum class ChainProblem : std::uint16_t {
  kMalformed = 1U << 0,  // the leaf, or a certificate every path needs, is not valid DER
  kRevoked = 1U << 1,
  kSelfSigned = 1U << 2,       // the leaf is its own issuer and is not trusted
  kIncomplete = 1U << 3,       // the leaf's issuer is neither presented nor a root
  kUntrustedIssuer = 1U << 4,  // the presented chain ends at an issuer that is not trusted
  kExpired = 1U << 5,
  kNotYetValid = 1U << 6,
  kConstraint = 1U << 7,  // CA flag, path length, key usage, EKU serverAuth, name constraints
  kWeak = 1U << 8,        // MD5 or SHA-1 signature, RSA below 2048 bits and the like
  kNameMismatch = 1U << 9,
  kUnsupported =
      1U << 10,  // a signature that this prober cannot check: the fault is not the server's
  kNonconforming = 1U << 11,  // kStrict: a rule for issuers is broken (ssl/conformance.h)
};

using ChainProblems = std::uint16_t;  // ChainProblem values or-ed together; 0 is a good chain
constexpr bool has(ChainProblems set, ChainProblem problem) {
  return (set & static_cast<ChainProblems>(problem)) != 0;
}

// The facts of one presented chain, leaf first: parsed once, then shared by every outcome that
// saw the same bytes. Immutable; freed with its last ChainRef, on whichever thread that is.
struct ChainReport {
  // As presented, leaf first. One that is not valid DER has an empty subject and no other facts.
  std::vector<CertificateFacts> certificates;
  std::vector<std::vector<std::uint8_t>> der;  // as presented, the same order; for `tracer cert`
  std::int64_t earliest_expiry_s = 0;          // least not_after of the presented certificates
  bool leaf_self_signed = false;               // leaf's signature verifies with its own key
  // Rules for issuers that the path breaks, and revocation lists that could not be used: a sentence
  // each. Of the path that holds, or else of the one that came closest.
  std::vector<std::string> nonconformities;
  mutable std::atomic<std::uint32_t> references{0};
};

// A counted reference to a ChainReport. release()/adopt() let a reference travel inside a
// trivially copyable record; whoever receives such a record must adopt it exactly once.
class ChainRef {
 public:
  ChainRef() = default;
  explicit ChainRef(const ChainReport* report) : report_(report) {
    if (report_ != nullptr) report_->references.fetch_add(1, std::memory_order_relaxed);
  }
  ChainRef(const ChainRef& other) : ChainRef(other.report_) {}
  ChainRef(ChainRef&& other) noexcept : report_(other.release()) {}
  ChainRef& operator=(ChainRef other) noexcept {
    std::swap(report_, other.report_);
    return *this;
  }
  ~ChainRef() {
    if (report_ != nullptr && report_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete report_;
    }
  }
  static ChainRef adopt(const ChainReport* report) {
    ChainRef reference;
    reference.report_ = report;
    return reference;
  }
  const ChainReport* release() {
    const ChainReport* report = report_;
    report_ = nullptr;
    return report;
  }
  const ChainReport* get() const { return report_; }
  const ChainReport* operator->() const { return report_; }
  explicit operator bool() const { return report_ != nullptr; }

 private:
  const ChainReport* report_ = nullptr;
};

// Trusted roots. Immutable after loading.
class TrustStore {
 public:
  // The bundle that Debian's ca-certificates writes, or $SSL_CERT_FILE where that is set.
  static std::string system_file();
  static tl::expected<std::shared_ptr<const TrustStore>, std::string> load_system();
  // A PEM file with one or more certificates. The error is one sentence naming the file.
  static tl::expected<std::shared_ptr<const TrustStore>, std::string> load_file(
      const std::string& path);
  static tl::expected<std::shared_ptr<const TrustStore>, std::string> from_pem(
      std::string_view pem, const std::string& origin);

  ~TrustStore();
  std::size_t size() const;       // roots
  std::uint64_t version() const;  // a digest of the roots: equal for stores of equal content
  struct Roots;                   // private to trust.cc and path building
  const Roots& roots() const { return *roots_; }

 private:
  explicit TrustStore(std::unique_ptr<Roots> roots);
  std::unique_ptr<Roots> roots_;
};

enum class Profile : std::uint8_t {
  kClients,  // what careful TLS clients refuse
  kStrict,   // and whatever else RFC 5280 and the Baseline Requirements forbid
};

struct JudgeOptions {
  Profile profile = Profile::kClients;
  bool judge_name = true;                       // false: any name matches
  const RevocationLists* revocation = nullptr;  // null: none is asked
  Bytes ocsp_response;                          // about the leaf; empty: there is none
  // Between leaf and root, the self-issued not counted.
  std::size_t max_intermediates = limits::kMaxPathCertificates;
};

struct Judgement {
  ChainRef chain;  // empty only when the leaf is not a certificate at all
  ChainProblems problems = 0;
  bool chain_valid = false;  // a path to a root holds at this time; the name does not count
  bool name_matches = false;
  bool self_signed = false;
  std::int64_t verified_expiry_s = 0;  // least not_after of the best valid path; 0 without one
  OcspAnswer ocsp;                     // revoked is a problem; what else it says fails nothing
  // One short sentence about the first problem, such as "issuer CN=X is not trusted"; else empty.
  std::string detail;
};

class ChainJudge {
 public:
  struct Statistics {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };

  // `capacity`: how many distinct chains are remembered; the least recently used goes first.
  explicit ChainJudge(std::size_t capacity);
  ~ChainJudge();

  // presented: DER certificates, leaf first. name: DNS name (A-labels) or IP literal to verify.
  // now_s: Unix time. Certificates beyond limits::kMaxPresentedCertificates are not looked at.
  Judgement judge(const std::vector<Bytes>& presented, const TrustStore& store,
                  std::string_view name, std::int64_t now_s, const JudgeOptions& options = {});
  Statistics statistics() const;

 private:
  struct Memo;
  std::unique_ptr<Memo> memo_;
};

// RFC 6125 section 6.4 over SAN entries: DNS names (a wildcard only as the whole left-most label,
// never for a public suffix-like single label) and IP addresses. An embedded NUL never matches.
bool name_matches(const std::vector<std::string>& sans, std::string_view name);

}  // namespace tracer::ssl
