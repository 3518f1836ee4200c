// Any bytes as a revocation list: an error that says where, or a table in which every entry is
// found. The same bytes go through the loader of files, as DER or as PEM.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ssl/crl_view.h"
#include "ssl/revocation.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto view = tracer::ssl::parse_crl({data, size});
  if (view) {
    for (const tracer::ssl::RevokedEntry& entry : view->entries) {
      const auto* found = view->find(entry.serial);
      require(found != nullptr && std::ranges::equal(found->serial, entry.serial));
      require(!tracer::ssl::revocation_reason_name(entry.reason).empty());
    }
  } else {
    require(view.error().offset <= size && !view.error().message.empty());
  }
  const auto lists =
      tracer::ssl::RevocationLists::from_text({reinterpret_cast<const char*>(data), size}, "input");
  require(lists ? (*lists)->size() > 0 : !lists.error().empty());
  return 0;
}
