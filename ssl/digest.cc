#include "ssl/digest.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include <cassert>

namespace tracer::ssl {

struct Sha256Parts::State {
  wc_Sha256 sha;
};

// wolfCrypt's SHA-256 fails only for null arguments and for want of memory in builds with hardware
// offload, so its results are asserted, not returned.
Sha256Digest sha256(Bytes bytes) {
  Sha256Digest digest{};
  wc_Sha256 sha;
  [[maybe_unused]] int result = wc_InitSha256(&sha);
  assert(result == 0);
  result = wc_Sha256Update(&sha, bytes.data(), static_cast<word32>(bytes.size()));
  assert(result == 0 || bytes.empty());
  result = wc_Sha256Final(&sha, digest.data());
  assert(result == 0);
  wc_Sha256Free(&sha);
  return digest;
}

std::array<std::uint8_t, 20> sha1(Bytes bytes) {
  std::array<std::uint8_t, 20> digest{};
  [[maybe_unused]] const int result =
      wc_ShaHash(bytes.data(), static_cast<word32>(bytes.size()), digest.data());
  assert(result == 0 || bytes.empty());
  return digest;
}

Sha256Parts::Sha256Parts() : state_(std::make_unique<State>()) {
  [[maybe_unused]] const int result = wc_InitSha256(&state_->sha);
  assert(result == 0);
}

Sha256Parts::~Sha256Parts() { wc_Sha256Free(&state_->sha); }

void Sha256Parts::add(std::uint64_t number) {
  std::array<std::uint8_t, 8> octets{};
  for (std::uint8_t& octet : octets) {
    octet = static_cast<std::uint8_t>(number);
    number >>= 8U;
  }
  [[maybe_unused]] const int result = wc_Sha256Update(&state_->sha, octets.data(), octets.size());
  assert(result == 0);
}

void Sha256Parts::add(Bytes part) {
  add(std::uint64_t{part.size()});
  if (part.empty()) return;
  [[maybe_unused]] const int result =
      wc_Sha256Update(&state_->sha, part.data(), static_cast<word32>(part.size()));
  assert(result == 0);
}

Sha256Digest Sha256Parts::finish() {
  Sha256Digest digest{};
  [[maybe_unused]] const int result = wc_Sha256Final(&state_->sha, digest.data());
  assert(result == 0);
  return digest;
}

}  // namespace tracer::ssl
