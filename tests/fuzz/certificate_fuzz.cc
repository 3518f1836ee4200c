// Any bytes as a certificate: an error that says where, or facts that can be printed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ssl/certificate.h"
#include "ssl/trust.h"

namespace {

// RFC 3629, without control characters, which no report may carry into a terminal.
bool is_printable_utf8(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0x20 || first == 0x7f || (first >= 0x80 && first < 0xc2) || first > 0xf4) {
      return false;
    }
    if (at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xc0U) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = tracer::ssl::read_certificate({data, size});
  if (!read) {
    require(read.error().offset <= size && !read.error().message.empty());
    return 0;
  }
  require(is_printable_utf8(read->subject) && is_printable_utf8(read->issuer));
  require(is_printable_utf8(read->serial) && is_printable_utf8(read->signature_algorithm));
  for (const std::string& san : read->sans) require(is_printable_utf8(san));
  tracer::ssl::name_matches(read->sans, "www.example.test");
  tracer::ssl::name_matches(read->sans, "127.0.0.1");
  return 0;
}
