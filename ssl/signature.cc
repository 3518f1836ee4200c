#include "ssl/signature.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace tracer::ssl {
namespace {

constexpr std::string_view kRsaPssOid = "1.2.840.113549.1.1.10";
constexpr std::uint32_t kMaxRsaBits = 4096;  // what this wolfSSL is built for

enum class Scheme : std::uint8_t { kRsaPkcs1, kEcdsa };
struct SignatureAlgorithm {
  std::string_view oid;
  Scheme scheme;
  wc_HashType hash;
};
constexpr auto kAlgorithms = std::to_array<SignatureAlgorithm>({
    {"1.2.840.113549.1.1.4", Scheme::kRsaPkcs1, WC_HASH_TYPE_MD5},
    {"1.2.840.113549.1.1.5", Scheme::kRsaPkcs1, WC_HASH_TYPE_SHA},
    {"1.2.840.113549.1.1.14", Scheme::kRsaPkcs1, WC_HASH_TYPE_SHA224},
    {"1.2.840.113549.1.1.11", Scheme::kRsaPkcs1, WC_HASH_TYPE_SHA256},
    {"1.2.840.113549.1.1.12", Scheme::kRsaPkcs1, WC_HASH_TYPE_SHA384},
    {"1.2.840.113549.1.1.13", Scheme::kRsaPkcs1, WC_HASH_TYPE_SHA512},
    {"1.2.840.10045.4.1", Scheme::kEcdsa, WC_HASH_TYPE_SHA},
    {"1.2.840.10045.4.3.1", Scheme::kEcdsa, WC_HASH_TYPE_SHA224},
    {"1.2.840.10045.4.3.2", Scheme::kEcdsa, WC_HASH_TYPE_SHA256},
    {"1.2.840.10045.4.3.3", Scheme::kEcdsa, WC_HASH_TYPE_SHA384},
    {"1.2.840.10045.4.3.4", Scheme::kEcdsa, WC_HASH_TYPE_SHA512},
});

const SignatureAlgorithm* find_algorithm(std::string_view oid) {
  const auto* found =
      std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                   [oid](const SignatureAlgorithm& entry) { return entry.oid == oid; });
  return found == kAlgorithms.end() ? nullptr : found;
}

struct PssParameters {
  wc_HashType hash = WC_HASH_TYPE_SHA;
  wc_HashType mask_hash = WC_HASH_TYPE_SHA;
  int salt_length = 20;
};

std::optional<wc_HashType> hash_by_oid(std::string_view oid) {
  if (oid == "1.3.14.3.2.26") return WC_HASH_TYPE_SHA;
  if (oid == "2.16.840.1.101.3.4.2.1") return WC_HASH_TYPE_SHA256;
  if (oid == "2.16.840.1.101.3.4.2.2") return WC_HASH_TYPE_SHA384;
  if (oid == "2.16.840.1.101.3.4.2.3") return WC_HASH_TYPE_SHA512;
  return std::nullopt;
}

std::optional<wc_HashType> read_hash(der::Cursor& cursor) {
  constexpr std::string_view kWhat = "RSASSA-PSS-params";
  der::Cursor fields = cursor.enter(der::kSequence, kWhat);
  const std::string oid = der::read_object_identifier(fields, kWhat);
  if (!fields.at_end()) fields.read(der::kNull, kWhat);
  fields.finish(kWhat);
  return hash_by_oid(oid);
}

// RFC 4055 section 3.1; nothing for what is malformed or not supported.
std::optional<PssParameters> read_pss_parameters(Bytes bytes) {
  constexpr std::string_view kWhat = "RSASSA-PSS-params";
  der::Document document(bytes);
  der::Cursor cursor(document);
  der::Cursor fields = cursor.enter(der::kSequence, kWhat);
  PssParameters out;
  std::optional<wc_HashType> hash = out.hash;
  std::optional<wc_HashType> mask_hash = out.mask_hash;
  bool mask_known = true;
  if (fields.next_is(der::context_constructed(0))) {
    der::Cursor field = fields.enter(der::context_constructed(0), kWhat);
    hash = read_hash(field);
    field.finish(kWhat);
  }
  if (fields.next_is(der::context_constructed(1))) {
    der::Cursor field = fields.enter(der::context_constructed(1), kWhat);
    der::Cursor mask = field.enter(der::kSequence, kWhat);
    mask_known = der::read_object_identifier(mask, kWhat) == "1.2.840.113549.1.1.8";  // MGF1
    mask_hash = read_hash(mask);
    mask.finish(kWhat);
    field.finish(kWhat);
  }
  if (fields.next_is(der::context_constructed(2))) {
    der::Cursor field = fields.enter(der::context_constructed(2), kWhat);
    out.salt_length = static_cast<int>(der::read_small_integer(field, kWhat));
    field.finish(kWhat);
  }
  if (fields.next_is(der::context_constructed(3))) {
    der::Cursor field = fields.enter(der::context_constructed(3), kWhat);
    if (der::read_small_integer(field, kWhat) != 1) field.fail(kWhat, "unknown trailer");
    field.finish(kWhat);
  }
  fields.finish(kWhat);
  cursor.finish(kWhat);
  if (document.failed() || !hash || !mask_hash || !mask_known) return std::nullopt;
  out.hash = *hash;
  out.mask_hash = *mask_hash;
  return out;
}

std::optional<std::vector<std::uint8_t>> digest_of(wc_HashType hash, Bytes message) {
  const int size = wc_HashGetDigestSize(hash);
  if (size <= 0) return std::nullopt;
  std::vector<std::uint8_t> digest(static_cast<std::size_t>(size));
  if (wc_Hash(hash, message.data(), static_cast<word32>(message.size()), digest.data(),
              static_cast<word32>(digest.size())) != 0) {
    return std::nullopt;
  }
  return digest;
}

struct FreeKey {
  void operator()(RsaKey* key) const {
    wc_FreeRsaKey(key);
    delete key;
  }
  void operator()(ecc_key* key) const {
    wc_ecc_free(key);
    delete key;
  }
};

// The key, when a signature of this size can be its own (RFC 8017 sections 8.1.2 and 8.2.2).
std::unique_ptr<RsaKey, FreeKey> import_rsa(Bytes bits, std::size_t signature_size) {
  der::Document document(bits);
  der::Cursor cursor(document);
  der::Cursor fields = cursor.enter(der::kSequence, "RSAPublicKey");
  const Bytes modulus = der::read_integer(fields, "modulus");
  const Bytes exponent = der::read_integer(fields, "publicExponent");
  fields.finish("RSAPublicKey");
  cursor.finish("RSAPublicKey");
  if (document.failed() || modulus[0] >= 0x80 || exponent[0] >= 0x80) return nullptr;
  std::unique_ptr<RsaKey, FreeKey> key(new RsaKey{});
  if (wc_InitRsaKey(key.get(), nullptr) != 0 ||
      wc_RsaPublicKeyDecodeRaw(modulus.data(), static_cast<word32>(modulus.size()), exponent.data(),
                               static_cast<word32>(exponent.size()), key.get()) != 0 ||
      wc_RsaEncryptSize(key.get()) != static_cast<int>(signature_size)) {
    return nullptr;
  }
  return key;
}

SignatureCheck verify_rsa_pkcs1(const SubjectKey& subject_key, wc_HashType hash, Bytes message,
                                Bytes signature) {
  if (subject_key.size_bits > kMaxRsaBits) return SignatureCheck::kUnsupported;
  const auto key = import_rsa(subject_key.bits, signature.size());
  const auto digest = digest_of(hash, message);
  if (!digest) return SignatureCheck::kUnsupported;
  if (key == nullptr) return SignatureCheck::kInvalid;
  std::vector<std::uint8_t> expected(MAX_DER_DIGEST_SZ);
  const word32 expected_size = wc_EncodeSignature(
      expected.data(), digest->data(), static_cast<word32>(digest->size()), wc_HashGetOID(hash));
  std::vector<std::uint8_t> opened(kMaxRsaBits / 8);
  const int opened_size =
      wc_RsaSSL_Verify(signature.data(), static_cast<word32>(signature.size()), opened.data(),
                       static_cast<word32>(opened.size()), key.get());
  if (opened_size <= 0) return SignatureCheck::kInvalid;
  const bool same = std::equal(expected.begin(), expected.begin() + expected_size, opened.begin(),
                               opened.begin() + opened_size);
  return same ? SignatureCheck::kValid : SignatureCheck::kInvalid;
}

std::optional<int> mask_function(wc_HashType hash) {
  switch (hash) {
    case WC_HASH_TYPE_SHA:
      return WC_MGF1SHA1;
    case WC_HASH_TYPE_SHA256:
      return WC_MGF1SHA256;
    case WC_HASH_TYPE_SHA384:
      return WC_MGF1SHA384;
    case WC_HASH_TYPE_SHA512:
      return WC_MGF1SHA512;
    default:
      return std::nullopt;
  }
}

// A key of type RSASSA-PSS may be bound to its own parameters (RFC 4055 section 3.3).
bool key_allows(const SubjectKey& key, const PssParameters& parameters) {
  if (key.type != KeyType::kRsaPss || key.algorithm.parameters.empty()) return true;
  const auto bound = read_pss_parameters(key.algorithm.parameters);
  return bound && bound->hash == parameters.hash && bound->mask_hash == parameters.mask_hash &&
         parameters.salt_length >= bound->salt_length;
}

SignatureCheck verify_rsa_pss(const SubjectKey& subject_key, const AlgorithmIdentifier& algorithm,
                              Bytes message, Bytes signature) {
  const auto parameters = read_pss_parameters(algorithm.parameters);
  if (!parameters || subject_key.size_bits > kMaxRsaBits) return SignatureCheck::kUnsupported;
  const auto mask = mask_function(parameters->mask_hash);
  const auto key = import_rsa(subject_key.bits, signature.size());
  const auto digest = digest_of(parameters->hash, message);
  if (!mask || !digest) return SignatureCheck::kUnsupported;
  if (key == nullptr || !key_allows(subject_key, *parameters)) return SignatureCheck::kInvalid;
  std::vector<std::uint8_t> input(signature.begin(), signature.end());
  std::vector<std::uint8_t> opened(kMaxRsaBits / 8);
  const int opened_size =
      wc_RsaPSS_Verify_ex(input.data(), static_cast<word32>(input.size()), opened.data(),
                          static_cast<word32>(opened.size()), parameters->hash, *mask,
                          parameters->salt_length, key.get());
  if (opened_size <= 0) return SignatureCheck::kInvalid;
  const int padding =
      wc_RsaPSS_CheckPadding_ex(digest->data(), static_cast<word32>(digest->size()), opened.data(),
                                static_cast<word32>(opened_size), parameters->hash,
                                parameters->salt_length, static_cast<int>(subject_key.size_bits));
  return padding == 0 ? SignatureCheck::kValid : SignatureCheck::kInvalid;
}

std::optional<int> curve_id(std::string_view curve) {
  if (curve == "P-256") return ECC_SECP256R1;
  if (curve == "P-384") return ECC_SECP384R1;
  if (curve == "P-521") return ECC_SECP521R1;
  return std::nullopt;
}

SignatureCheck verify_ecdsa(const SubjectKey& subject_key, wc_HashType hash, Bytes message,
                            Bytes signature) {
  const auto curve = curve_id(subject_key.curve);
  const auto digest = digest_of(hash, message);
  if (!curve || !digest) return SignatureCheck::kUnsupported;
  std::unique_ptr<ecc_key, FreeKey> key(new ecc_key{});
  if (wc_ecc_init(key.get()) != 0) return SignatureCheck::kUnsupported;
  if (wc_ecc_import_x963_ex(subject_key.bits.data(), static_cast<word32>(subject_key.bits.size()),
                            key.get(), *curve) != 0) {
    return SignatureCheck::kInvalid;
  }
  int verified = 0;
  const int result =
      wc_ecc_verify_hash(signature.data(), static_cast<word32>(signature.size()), digest->data(),
                         static_cast<word32>(digest->size()), &verified, key.get());
  return result == 0 && verified == 1 ? SignatureCheck::kValid : SignatureCheck::kInvalid;
}

SignatureCheck verify_ed25519(Bytes public_key, Bytes message, Bytes signature) {
  ed25519_key key;
  if (wc_ed25519_init(&key) != 0) return SignatureCheck::kUnsupported;
  int verified = 0;
  const bool done =
      wc_ed25519_import_public(public_key.data(), static_cast<word32>(public_key.size()), &key) ==
          0 &&
      wc_ed25519_verify_msg(signature.data(), static_cast<word32>(signature.size()), message.data(),
                            static_cast<word32>(message.size()), &verified, &key) == 0;
  wc_ed25519_free(&key);
  return done && verified == 1 ? SignatureCheck::kValid : SignatureCheck::kInvalid;
}

SignatureCheck verify_ed448(Bytes public_key, Bytes message, Bytes signature) {
  ed448_key key;
  if (wc_ed448_init(&key) != 0) return SignatureCheck::kUnsupported;
  int verified = 0;
  const bool done =
      wc_ed448_import_public(public_key.data(), static_cast<word32>(public_key.size()), &key) ==
          0 &&
      wc_ed448_verify_msg(signature.data(), static_cast<word32>(signature.size()), message.data(),
                          static_cast<word32>(message.size()), &verified, &key, nullptr, 0) == 0;
  wc_ed448_free(&key);
  return done && verified == 1 ? SignatureCheck::kValid : SignatureCheck::kInvalid;
}

}  // namespace

SignatureCheck verify_signature(const SubjectKey& key, const AlgorithmIdentifier& algorithm,
                                Bytes message, Bytes signature) {
  const bool rsa = key.type == KeyType::kRsa || key.type == KeyType::kRsaPss;
  if (algorithm.oid == kRsaPssOid) {
    return rsa ? verify_rsa_pss(key, algorithm, message, signature) : SignatureCheck::kInvalid;
  }
  if (algorithm.oid == "1.3.101.112") {
    return key.type == KeyType::kEd25519 ? verify_ed25519(key.bits, message, signature)
                                         : SignatureCheck::kInvalid;
  }
  if (algorithm.oid == "1.3.101.113") {
    return key.type == KeyType::kEd448 ? verify_ed448(key.bits, message, signature)
                                       : SignatureCheck::kInvalid;
  }
  const SignatureAlgorithm* known = find_algorithm(algorithm.oid);
  if (known == nullptr) return SignatureCheck::kUnsupported;
  if (known->scheme == Scheme::kRsaPkcs1) {
    return key.type == KeyType::kRsa ? verify_rsa_pkcs1(key, known->hash, message, signature)
                                     : SignatureCheck::kInvalid;
  }
  return key.type == KeyType::kEc ? verify_ecdsa(key, known->hash, message, signature)
                                  : SignatureCheck::kInvalid;
}

bool has_weak_hash(const AlgorithmIdentifier& algorithm) {
  if (algorithm.oid == kRsaPssOid) {
    const auto parameters = read_pss_parameters(algorithm.parameters);
    return parameters && parameters->hash == WC_HASH_TYPE_SHA;
  }
  constexpr std::array<std::string_view, 5> kWeak = {
      "1.2.840.113549.1.1.2",  // RSA with MD2
      "1.2.840.113549.1.1.4",  // RSA with MD5
      "1.2.840.113549.1.1.5",  // RSA with SHA-1
      "1.2.840.10045.4.1",     // ECDSA with SHA-1
      "1.2.840.10040.4.3",     // DSA with SHA-1
  };
  return std::find(kWeak.begin(), kWeak.end(), algorithm.oid) != kWeak.end();
}

}  // namespace tracer::ssl
