// Any bytes as a presented chain and the root to trust. The input is a list of certificates, each
// after its length in two bytes, big-endian: the first is the root, the rest is presented.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "ssl/trust.h"

namespace {

using tracer::ssl::Bytes;
using tracer::ssl::ChainProblem;
using tracer::ssl::ChainProblems;

std::vector<Bytes> split(Bytes input) {
  std::vector<Bytes> parts;
  while (input.size() >= 2) {
    const std::size_t announced = static_cast<std::size_t>(input[0]) << 8U | input[1];
    input = input.subspan(2);
    const std::size_t size = announced < input.size() ? announced : input.size();
    parts.push_back(input.first(size));
    input = input.subspan(size);
  }
  return parts;
}

std::string pem_of(Bytes der) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < der.size(); at += 3) {
    const std::size_t left = der.size() - at;
    const std::uint32_t bits = static_cast<std::uint32_t>(der[at]) << 16U |
                               (left > 1 ? static_cast<std::uint32_t>(der[at + 1]) << 8U : 0U) |
                               (left > 2 ? der[at + 2] : 0U);
    text += kDigits[bits >> 18U];
    text += kDigits[bits >> 12U & 63U];
    text += left > 1 ? kDigits[bits >> 6U & 63U] : '=';
    text += left > 2 ? kDigits[bits & 63U] : '=';
  }
  return text + "\n-----END CERTIFICATE-----\n";
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kNow = 1782864000;  // 2026-07-01T00:00:00Z
  const std::vector<Bytes> parts = split({data, size});
  if (parts.empty()) return 0;
  const auto store = tracer::ssl::TrustStore::from_pem(pem_of(parts.front()), "input");
  if (!store) {
    require(!store.error().empty());
    return 0;
  }
  const std::vector<Bytes> presented(parts.begin() + 1, parts.end());
  tracer::ssl::ChainJudge judge(2);
  const auto first = judge.judge(presented, **store, "www.example.test", kNow);
  const auto second = judge.judge(presented, **store, "www.example.test", kNow);
  constexpr auto kName = static_cast<ChainProblems>(ChainProblem::kNameMismatch);
  require(first.chain_valid == ((first.problems & ~kName) == 0));
  require(first.detail.empty() == (first.problems == 0));
  require(first.problems == second.problems && first.detail == second.detail);
  require(presented.empty() || judge.statistics().hits == 1);
  // What the strict profile accepts keeps every rule.
  const auto strict =
      judge.judge(presented, **store, "www.example.test", kNow, {tracer::ssl::Profile::kStrict});
  require(strict.detail.empty() == (strict.problems == 0));
  require(!strict.chain_valid || strict.chain->nonconformities.empty());
  return 0;
}
