#include "tools/fleetsim/pki.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>

namespace tracer::fleetsim {
namespace {

constexpr long kDay = 24L * 60 * 60;

enum class KeyKind { kRsa2048, kP256, kP384, kEd25519 };
enum class Issuer { kIntermediate, kStranger, kSelf };

// What a certificate is to be. Times are relative to now.
struct Wish {
  const char* common_name;
  const char* names;  // subjectAltName, in OpenSSL's notation; null: none, and a CA
  KeyKind key = KeyKind::kP256;
  long begins_s = -kDay;
  long ends_s = 90 * kDay;
  int path_length = -1;  // of a CA; -1: unlimited
  const char* usage = "serverAuth";
};

constexpr const char* kNames = "DNS:fleet.test,DNS:*.fleet.test,DNS:localhost,IP:127.0.0.1,IP:::1";

struct LeafWish {
  Leaf leaf;
  Issuer issuer;
  bool with_intermediate;
  Wish wish;
};

constexpr LeafWish kLeaves[] = {
    {Leaf::kRsa2048,
     Issuer::kIntermediate,
     true,
     {.common_name = "rsa.fleet.test", .names = kNames, .key = KeyKind::kRsa2048}},
    {Leaf::kP256, Issuer::kIntermediate, true, {.common_name = "p256.fleet.test", .names = kNames}},
    {Leaf::kP384,
     Issuer::kIntermediate,
     true,
     {.common_name = "p384.fleet.test", .names = kNames, .key = KeyKind::kP384}},
    {Leaf::kEd25519,
     Issuer::kIntermediate,
     true,
     {.common_name = "ed25519.fleet.test", .names = kNames, .key = KeyKind::kEd25519}},
    {Leaf::kExpired,
     Issuer::kIntermediate,
     true,
     {.common_name = "expired.fleet.test",
      .names = kNames,
      .begins_s = -93 * kDay,
      .ends_s = -3 * kDay}},
    {Leaf::kNotYetValid,
     Issuer::kIntermediate,
     true,
     {.common_name = "not-yet-valid.fleet.test",
      .names = kNames,
      .begins_s = 7 * kDay,
      .ends_s = 97 * kDay}},
    // Half a day above five, so that whole days remaining read 5 for as long as a demo runs.
    {Leaf::kExpiring,
     Issuer::kIntermediate,
     true,
     {.common_name = "expiring.fleet.test",
      .names = kNames,
      .begins_s = -85 * kDay,
      .ends_s = 5 * kDay + kDay / 2}},
    {Leaf::kWrongName,
     Issuer::kIntermediate,
     true,
     {.common_name = "wrong-name.example", .names = "DNS:wrong-name.example"}},
    {Leaf::kSelfSigned,
     Issuer::kSelf,
     false,
     {.common_name = "self-signed.fleet.test", .names = kNames}},
    {Leaf::kUnknownIssuer,
     Issuer::kStranger,
     true,
     {.common_name = "unknown-issuer.fleet.test", .names = kNames}},
    {Leaf::kMissingIntermediate,
     Issuer::kIntermediate,
     false,
     {.common_name = "missing-intermediate.fleet.test", .names = kNames}},
    {Leaf::kSniOne,
     Issuer::kIntermediate,
     true,
     {.common_name = "one.fleet.test", .names = "DNS:one.fleet.test"}},
    {Leaf::kSniTwo,
     Issuer::kIntermediate,
     true,
     {.common_name = "two.fleet.test", .names = "DNS:two.fleet.test"}},
    {Leaf::kClient,
     Issuer::kIntermediate,
     true,
     {.common_name = "fleet client", .names = "email:client@fleet.test", .usage = "clientAuth"}},
};

Key make_key(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa2048:
      return Key(EVP_RSA_gen(2048));
    case KeyKind::kP256:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyKind::kP384:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyKind::kEd25519:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  return nullptr;
}

bool set_subject(X509* certificate, const char* common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto add = [name](const char* field, const char* value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
  };
  return add("O", "Fleet Simulator") && add("CN", common_name);
}

bool set_serial(X509* certificate) {
  BIGNUM* number = BN_new();
  const bool ok = number && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
                  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return ok;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool ok = extension && X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return ok;
}

bool add_extensions(X509* certificate, X509* issuer, const Wish& wish) {
  const auto add = [=](int nid, const std::string& value) {
    return add_extension(certificate, issuer, nid, value);
  };
  const bool self_issued = certificate == issuer;
  bool ok = add(NID_subject_key_identifier, "hash") &&
            (self_issued || add(NID_authority_key_identifier, "keyid:always"));
  if (wish.names == nullptr) {
    std::string constraints = "critical,CA:TRUE";
    if (wish.path_length >= 0) constraints += ",pathlen:" + std::to_string(wish.path_length);
    return ok && add(NID_basic_constraints, constraints) &&
           add(NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  ok =
      ok && add(NID_basic_constraints, "critical,CA:FALSE") &&
      add(NID_key_usage, wish.key == KeyKind::kRsa2048 ? "critical,digitalSignature,keyEncipherment"
                                                       : "critical,digitalSignature") &&
      add(NID_ext_key_usage, wish.usage) && add(NID_subject_alt_name, wish.names);
  // As on the web: where a prober could fetch the intermediate that a server forgot.
  if (!self_issued) {
    ok = ok && add(NID_info_access, "caIssuers;URI:http://ca.fleet.test/intermediate.der");
  }
  return ok;
}

// A certificate that was read keeps its encoding; one that was built is encoded anew each time it
// is presented.
Certificate read_back(X509* built) {
  unsigned char* encoded = nullptr;
  const int size = i2d_X509(built, &encoded);
  const unsigned char* at = encoded;
  Certificate read(size > 0 ? d2i_X509(nullptr, &at, size) : nullptr);
  OPENSSL_free(encoded);
  return read;
}

// issuer null: signed with its own key. Empty when OpenSSL refuses.
Credential issue(const Wish& wish, const Credential* issuer) {
  Credential made{make_key(wish.key), Certificate(X509_new()), {}};
  X509* certificate = made.certificate.get();
  if (!made.key || certificate == nullptr) return {};
  X509* issuer_certificate = issuer != nullptr ? issuer->certificate.get() : certificate;
  EVP_PKEY* issuer_key = issuer != nullptr ? issuer->key.get() : made.key.get();
  const std::time_t now = std::time(nullptr);
  const bool described =
      X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
      set_subject(certificate, wish.common_name) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer_certificate)) &&
      ASN1_TIME_set(X509_getm_notBefore(certificate), now + wish.begins_s) &&
      ASN1_TIME_set(X509_getm_notAfter(certificate), now + wish.ends_s) &&
      X509_set_pubkey(certificate, made.key.get()) &&
      add_extensions(certificate, issuer_certificate, wish);
  const EVP_MD* digest = EVP_PKEY_get_id(issuer_key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  if (!described || X509_sign(certificate, issuer_key, digest) == 0) return {};
  made.certificate = read_back(certificate);
  return made.certificate ? std::move(made) : Credential{};
}

template <typename Write>
std::string to_pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  std::string text;
  if (memory != nullptr && write(memory)) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    text.assign(data, static_cast<std::size_t>(size));
  }
  BIO_free(memory);
  return text;
}

}  // namespace

void KeyFree::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void CertificateFree::operator()(x509_st* certificate) const { X509_free(certificate); }

tl::expected<Pki, std::string> Pki::generate(int many) {
  // The machine's openssl.cnf may forbid what the fleet is to show, such as TLS 1.0.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  const auto authority = [](const char* name, long years, int path_length) {
    return Wish{.common_name = name,
                .names = nullptr,
                .begins_s = -365 * kDay,
                .ends_s = years * 365 * kDay,
                .path_length = path_length};
  };
  Pki pki;
  pki.root_ = issue(authority("Fleet Root CA", 10, -1), nullptr);
  if (pki.root_.key) {
    pki.intermediate_ = issue(authority("Fleet Intermediate CA", 5, 0), &pki.root_);
  }
  pki.stranger_root_ = issue(authority("Stranger Root CA", 10, -1), nullptr);
  if (pki.stranger_root_.key) {
    pki.stranger_intermediate_ =
        issue(authority("Stranger Intermediate CA", 5, 0), &pki.stranger_root_);
  }
  bool complete = pki.intermediate_.key && pki.stranger_intermediate_.key;
  for (const LeafWish& leaf : kLeaves) {
    if (!complete) break;
    const bool stranger = leaf.issuer == Issuer::kStranger;
    const Credential& issuer = stranger ? pki.stranger_intermediate_ : pki.intermediate_;
    Credential made = issue(leaf.wish, leaf.issuer == Issuer::kSelf ? nullptr : &issuer);
    if (leaf.with_intermediate) made.chain.push_back(issuer.certificate.get());
    if (stranger) made.chain.push_back(pki.stranger_root_.certificate.get());
    complete = made.key != nullptr;
    pki.credentials_.emplace(leaf.leaf, std::move(made));
  }
  for (int i = 0; complete && i < many; ++i) {
    pki.many_.push_back(issue({.common_name = "fleet.test", .names = kNames}, &pki.intermediate_));
    complete = pki.many_.back().key != nullptr;
  }
  if (!complete) {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return tl::make_unexpected(std::string("cannot make certificates: ") +
                               (reason != nullptr ? reason : "OpenSSL gave no reason"));
  }
  return pki;
}

std::string Pki::root_pem() const {
  return to_pem([this](BIO* out) { return PEM_write_bio_X509(out, root()); });
}

std::string Pki::client_certificate_pem() const {
  return to_pem([this](BIO* out) {
    const Credential& client = credential(Leaf::kClient);
    bool ok = PEM_write_bio_X509(out, client.certificate.get());
    for (X509* next : client.chain) ok = ok && PEM_write_bio_X509(out, next);
    return ok;
  });
}

std::string Pki::client_key_pem() const {
  return to_pem([this](BIO* out) {
    return PEM_write_bio_PrivateKey(out, credential(Leaf::kClient).key.get(), nullptr, nullptr, 0,
                                    nullptr, nullptr);
  });
}

}  // namespace tracer::fleetsim
