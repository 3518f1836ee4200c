// Any bytes as an OCSP response about a certificate whose issuer is known.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "ssl/ocsp.h"
#include "tests/unit/ssl/chains.h"

namespace {

using namespace tracer::ssl;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<testing::Der> chain = testing::certificates({"p256", "intermediate"});
  static const auto roots = testing::store({"root"});
  const auto presented = testing::spans(chain);
  const OcspAnswer answer = judge_ocsp({data, size}, presented, *roots, testing::kNow);
  require((answer.status == OcspStatus::kNone) == (size == 0));
  const bool silent = answer.status == OcspStatus::kNone || answer.status == OcspStatus::kGood;
  require(answer.sentence.empty() == silent);
  require(ocsp_status_name(answer.status).empty() == (answer.status == OcspStatus::kNone));
  return 0;
}
