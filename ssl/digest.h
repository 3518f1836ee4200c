// SHA-256 for fingerprints and keys of memos, and SHA-1 for the names that OCSP gives certificates;
// other hashes belong to signature checks. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "ssl/certificate.h"

namespace tracer::ssl {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest sha256(Bytes bytes);

// Names only: nothing may be trusted because this hash of it matches.
std::array<std::uint8_t, 20> sha1(Bytes bytes);

// SHA-256 over parts, each with its length before it, so that moving a border changes the digest.
class Sha256Parts {
 public:
  Sha256Parts();
  ~Sha256Parts();
  Sha256Parts(const Sha256Parts&) = delete;
  Sha256Parts& operator=(const Sha256Parts&) = delete;

  void add(Bytes part);
  void add(std::uint64_t number);
  // REQUIRES: called once, last.
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tracer::ssl
