// Revocation by lists that were given as files (RFC 5280 section 6.3, without fetching and without
// deltas). RevocationLists is immutable and shared by all threads; RevocationChecker belongs to one
// judgement.
//
// A list that names a certificate as revoked counts when its signature verifies with the issuer's
// key, whatever else is wrong with it (its age above all): that is the safe side. Only one with a
// critical extension that is not understood, or that speaks for other issuers too, is not believed.
// For a certificate that is not listed, a list vouches only when nothing is wrong with it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "ssl/certificate.h"

namespace tracer::ssl {

class Sha256Parts;
struct CertificateView;
struct CrlView;
enum class SignatureCheck : std::uint8_t;

class RevocationLists {
 public:
  // PEM with one or more lists, or the DER of one, in each file. The error is one sentence naming
  // the file.
  static tl::expected<std::shared_ptr<const RevocationLists>, std::string> load_files(
      const std::vector<std::string>& paths);
  static tl::expected<std::shared_ptr<const RevocationLists>, std::string> from_text(
      std::string_view text, const std::string& origin);

  ~RevocationLists();
  std::size_t size() const;
  // Adds what a judgement at this time depends on: the lists, and which of them are current.
  void add_state(Sha256Parts& digest, std::int64_t now_s) const;

  struct Lists;  // private to revocation.cc
  const Lists& lists() const { return *lists_; }

 private:
  explicit RevocationLists(std::unique_ptr<Lists> lists);
  std::unique_ptr<Lists> lists_;
};

struct RevocationAnswer {
  enum class Kind : std::uint8_t {
    kNotCovered,  // no list is the issuer's
    kGood,
    kRevoked,
    kUnusable,  // the issuer's lists cannot vouch for this certificate
  };
  Kind kind = Kind::kNotCovered;
  std::string sentence;  // of kRevoked and kUnusable
};

class RevocationChecker {
 public:
  // `lists` may be null: then nothing is covered.
  RevocationChecker(const RevocationLists* lists, std::int64_t now_s)
      : lists_(lists), now_s_(now_s) {}

  // `issuer` signed `certificate`. Bounded by limits::kMaxCrlSignatureChecks.
  RevocationAnswer ask(const CertificateView& certificate, const CertificateView& issuer);

 private:
  SignatureCheck checked(const CrlView& list, const CertificateView& issuer);
  // Why the list cannot vouch for the certificate; empty when it can.
  std::string fault_of(const CrlView& list, SignatureCheck signature,
                       const CertificateView& certificate, const CertificateView& issuer) const;

  const RevocationLists* lists_;
  std::int64_t now_s_;
  std::map<std::pair<const CrlView*, const CertificateView*>, SignatureCheck> checks_;
};

}  // namespace tracer::ssl
