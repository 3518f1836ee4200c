// Judges one chain from files, for drivers that bring their own cases:
//
//   judge_chain CHAIN.pem ROOTS.pem NAME UNIX_TIME
//
// CHAIN.pem holds the leaf first. Prints "good" or "bad 0x001: detail" (ChainProblem bits) and
// exits 0; exits 2 when a file cannot be read.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ssl/pem.h"
#include "ssl/trust.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: judge_chain CHAIN.pem ROOTS.pem NAME UNIX_TIME\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto chain = tracer::ssl::read_pem_certificates(text);
  if (!chain || chain->empty()) {
    std::fprintf(stderr, "%s: no certificates\n", argv[1]);
    return 2;
  }
  const auto store = tracer::ssl::TrustStore::load_file(argv[2]);
  if (!store) {
    // A root that is no certificate cannot vouch for anything.
    std::printf("bad 0x000: %s\n", store.error().c_str());
    return 0;
  }
  std::vector<tracer::ssl::Bytes> presented;
  for (const auto& certificate : *chain) presented.emplace_back(certificate.der);
  tracer::ssl::ChainJudge judge(1);
  const auto judgement = judge.judge(presented, **store, argv[3], std::atoll(argv[4]));
  if (judgement.problems == 0) {
    std::puts("good");
  } else {
    std::printf("bad 0x%03x: %s\n", judgement.problems, judgement.detail.c_str());
  }
  return 0;
}
