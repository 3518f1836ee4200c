// Certificates and revocation lists out of PEM text (RFC 7468): strict base64, bounded, located
// errors. Text between blocks and blocks with other labels (keys, parameters) are passed over.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace tracer::ssl {

struct PemError {
  std::size_t line;  // from 1
  std::string message;
};

struct PemBlock {
  std::vector<std::uint8_t> der;
  std::size_t line;  // of its BEGIN
};

// In the order of the text; an empty list when it holds none.
tl::expected<std::vector<PemBlock>, PemError> read_pem_certificates(std::string_view text);
tl::expected<std::vector<PemBlock>, PemError> read_pem_crls(std::string_view text);

}  // namespace tracer::ssl
