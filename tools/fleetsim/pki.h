// The fleet's certificates: made in memory at start, gone at exit, so that nothing secret is ever
// stored with the source. A root signs an intermediate, which signs the leaves; each leaf is good
// or bad in exactly one way. Immutable once generated; shared by all threads.
//
// Uses OpenSSL on purpose: tracer's own TLS library must not vouch for itself.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "tools/fleetsim/service.h"

struct evp_pkey_st;
struct x509_st;

namespace tracer::fleetsim {

struct KeyFree {
  void operator()(evp_pkey_st* key) const;
};
struct CertificateFree {
  void operator()(x509_st* certificate) const;
};
using Key = std::unique_ptr<evp_pkey_st, KeyFree>;
using Certificate = std::unique_ptr<x509_st, CertificateFree>;

struct Credential {
  Key key;
  Certificate certificate;
  std::vector<x509_st*> chain;  // presented after the leaf; owned by the Pki
};

class Pki {
 public:
  // Some tens of milliseconds, nearly all of it the one RSA key, and a tenth of one for each of the
  // `many` P-256 leaves that are made beside the others. The error is one sentence.
  static tl::expected<Pki, std::string> generate(int many);

  Pki(Pki&&) = default;
  Pki& operator=(Pki&&) = default;

  const Credential& credential(Leaf leaf) const { return credentials_.at(leaf); }
  std::span<const Credential> many() const { return many_; }
  x509_st* root() const { return root_.certificate.get(); }

  std::string root_pem() const;
  std::string client_certificate_pem() const;
  std::string client_key_pem() const;

 private:
  Pki() = default;

  Credential root_;
  Credential intermediate_;
  Credential stranger_root_;  // of a CA that no monitor trusts
  Credential stranger_intermediate_;
  std::map<Leaf, Credential> credentials_;
  std::vector<Credential> many_;  // of the intermediate, as Leaf::kP256 is
};

}  // namespace tracer::fleetsim
