#include "ssl/revocation.h"

#include <algorithm>
#include <unordered_map>

#include "ssl/crl_view.h"
#include "ssl/digest.h"
#include "ssl/facts.h"
#include "ssl/file_text.h"
#include "ssl/limits.h"
#include "ssl/path_rules.h"
#include "ssl/pem.h"
#include "ssl/signature.h"
#include "ssl/utc_text.h"

namespace tracer::ssl {

struct RevocationLists::Lists {
  struct List {
    std::vector<std::uint8_t> der;
    CrlView view;  // of der
  };
  std::vector<List> all;
  std::unordered_multimap<std::string_view, const List*> by_issuer;  // canonical name
};

namespace {

using Lists = RevocationLists::Lists;
using Loaded = tl::expected<std::shared_ptr<const RevocationLists>, std::string>;

tl::expected<void, std::string> add_lists(std::string_view text, const std::string& origin,
                                          Lists& lists) {
  std::vector<PemBlock> blocks;
  if (text.starts_with('\x30')) {
    blocks.push_back({{text.begin(), text.end()}, 1});
  } else {
    auto read = read_pem_crls(text);
    if (!read) {
      return tl::make_unexpected(origin + ":" + std::to_string(read.error().line) + ": " +
                                 read.error().message);
    }
    blocks = std::move(*read);
  }
  if (blocks.empty()) return tl::make_unexpected(origin + ": holds no revocation list");
  for (PemBlock& block : blocks) {
    auto view = parse_crl(block.der);
    if (!view) {
      return tl::make_unexpected(origin + ":" + std::to_string(block.line) +
                                 ": not a revocation list: " + view.error().message);
    }
    if (lists.all.size() == limits::kMaxCrls) {
      return tl::make_unexpected(origin + ": more revocation lists than the limit");
    }
    // The bytes keep their place when the vector that owns them moves, so the view stays good.
    lists.all.push_back({std::move(block.der), std::move(*view)});
  }
  return {};
}

void index_lists(Lists& lists) {
  for (const Lists::List& list : lists.all) lists.by_issuer.emplace(list.view.issuer_key, &list);
}

bool is_early(const CrlView& list, std::int64_t now_s) { return now_s < list.this_update_s; }
bool is_late(const CrlView& list, std::int64_t now_s) {
  return list.next_update_s && now_s > *list.next_update_s;
}

// RFC 5280 section 6.3.3 (b)(2): is the certificate among those that the list speaks of?
std::string outside_scope(const CrlScope& scope, const CertificateView& certificate) {
  if (scope.only_attributes) return "it is for attribute certificates only";
  if (scope.only_users && certificate.extensions.is_ca) return "it is not for CA certificates";
  if (scope.only_cas && !certificate.extensions.is_ca) return "it is for CA certificates only";
  if (scope.only_some_reasons) return "it is for some reasons of revocation only";
  if (scope.point.other) return "it is for a distribution point that is no URI";
  if (scope.point.uris.empty()) return {};
  const std::vector<Bytes>& named = certificate.extensions.crl_points.uris;
  const bool match = std::any_of(named.begin(), named.end(), [&scope](Bytes uri) {
    return std::any_of(scope.point.uris.begin(), scope.point.uris.end(),
                       [uri](Bytes own) { return std::ranges::equal(uri, own); });
  });
  return match ? std::string() : "it is for another distribution point than the certificate names";
}

}  // namespace

RevocationLists::RevocationLists(std::unique_ptr<Lists> lists) : lists_(std::move(lists)) {}
RevocationLists::~RevocationLists() = default;

std::size_t RevocationLists::size() const { return lists_->all.size(); }

Loaded RevocationLists::load_files(const std::vector<std::string>& paths) {
  auto lists = std::make_unique<Lists>();
  for (const std::string& path : paths) {
    const auto text = read_file_text(path);
    if (!text) return tl::make_unexpected(text.error());
    const auto added = add_lists(*text, path, *lists);
    if (!added) return tl::make_unexpected(added.error());
  }
  index_lists(*lists);
  return std::shared_ptr<const RevocationLists>(new RevocationLists(std::move(lists)));
}

Loaded RevocationLists::from_text(std::string_view text, const std::string& origin) {
  auto lists = std::make_unique<Lists>();
  const auto added = add_lists(text, origin, *lists);
  if (!added) return tl::make_unexpected(added.error());
  index_lists(*lists);
  return std::shared_ptr<const RevocationLists>(new RevocationLists(std::move(lists)));
}

void RevocationLists::add_state(Sha256Parts& digest, std::int64_t now_s) const {
  for (const Lists::List& list : lists_->all) {
    digest.add(Bytes(list.view.signature));
    digest.add(std::uint64_t{is_early(list.view, now_s)} << 1U |
               std::uint64_t{is_late(list.view, now_s)});
  }
}

RevocationAnswer RevocationChecker::ask(const CertificateView& certificate,
                                        const CertificateView& issuer) {
  using Kind = RevocationAnswer::Kind;
  RevocationAnswer answer;
  if (lists_ == nullptr) return answer;
  const auto [first, last] = lists_->lists().by_issuer.equal_range(issuer.subject_key);
  bool good = false;
  for (auto entry = first; entry != last; ++entry) {
    const CrlView& list = entry->second->view;
    const SignatureCheck signature = checked(list, issuer);
    const bool believed = signature == SignatureCheck::kValid && list.unknown_critical.empty() &&
                          !list.scope.indirect;
    const RevokedEntry* revoked = believed ? list.find(certificate.serial) : nullptr;
    if (revoked != nullptr && revoked->reason != kRemoveFromCrl) {
      return {Kind::kRevoked, short_subject(certificate) + " was revoked at " +
                                  utc_text(revoked->revoked_s) + " (" +
                                  std::string(revocation_reason_name(revoked->reason)) + ")"};
    }
    const std::string fault = fault_of(list, signature, certificate, issuer);
    if (fault.empty()) {
      good = true;
    } else if (answer.sentence.empty()) {
      answer = {Kind::kUnusable, "the revocation list of " + short_subject(issuer) +
                                     " says nothing of " + short_subject(certificate) + ": " +
                                     fault};
    }
  }
  return good ? RevocationAnswer{Kind::kGood, {}} : answer;
}

SignatureCheck RevocationChecker::checked(const CrlView& list, const CertificateView& issuer) {
  const auto known = checks_.find({&list, &issuer});
  if (known != checks_.end()) return known->second;
  if (checks_.size() == limits::kMaxCrlSignatureChecks) return SignatureCheck::kUnsupported;
  const SignatureCheck check =
      verify_signature(issuer.key, list.signature_algorithm, list.tbs, list.signature);
  checks_.emplace(std::pair(&list, &issuer), check);
  return check;
}

std::string RevocationChecker::fault_of(const CrlView& list, SignatureCheck signature,
                                        const CertificateView& certificate,
                                        const CertificateView& issuer) const {
  if (signature == SignatureCheck::kInvalid) return "its signature does not verify";
  if (signature == SignatureCheck::kUnsupported) return "its signature cannot be checked";
  if (has_weak_hash(list.signature_algorithm)) {
    return "it is signed with " + signature_algorithm_name(list.signature_algorithm);
  }
  if (issuer.extensions.key_usage && (*issuer.extensions.key_usage & kCrlSign) == 0) {
    return "its issuer may not sign such lists (keyUsage)";
  }
  if (!list.unknown_critical.empty()) {
    return "its critical extension " + list.unknown_critical + " is not understood";
  }
  if (list.scope.indirect) return "it speaks for other issuers too";
  if (!list.defect.empty()) return list.defect;
  if (is_early(list, now_s_)) return "it is not valid before " + utc_text(list.this_update_s);
  if (is_late(list, now_s_)) return "it expired at " + utc_text(*list.next_update_s);
  return outside_scope(list.scope, certificate);
}

}  // namespace tracer::ssl
