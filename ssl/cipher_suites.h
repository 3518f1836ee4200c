// The registry "TLS Cipher Suites" as far as OpenSSL, GnuTLS or wolfSSL can negotiate it, with the
// export and single-DES suites that very old servers still choose. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracer::ssl {

// The IANA name, or empty for a number that is not in the table. For others: cipher_suite_name().
std::string_view known_cipher_suite(std::uint16_t wire_value);

}  // namespace tracer::ssl
