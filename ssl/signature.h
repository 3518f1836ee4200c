// Does a signature in a certificate verify? RSA (PKCS #1 v1.5 and PSS), ECDSA on P-256, P-384 and
// P-521, Ed25519 and Ed448, by wolfCrypt. No policy: what is weak is for the caller to refuse.
// Internal to ssl/. Any thread.
#pragma once

#include <cstdint>

#include "ssl/certificate_view.h"

namespace tracer::ssl {

enum class SignatureCheck : std::uint8_t {
  kValid,
  kInvalid,
  kUnsupported,  // an algorithm, curve or key size that cannot be checked here
};

SignatureCheck verify_signature(const SubjectKey& key, const AlgorithmIdentifier& algorithm,
                                Bytes message, Bytes signature);

// True when the algorithm's hash no longer withstands forgery: MD2, MD5, SHA-1.
bool has_weak_hash(const AlgorithmIdentifier& algorithm);

}  // namespace tracer::ssl
