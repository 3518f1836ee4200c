// A file of certificates or revocation lists as text, read whole and bounded. Blocks on the disk:
// for loading, not for the event loop. Any thread.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace tracer::ssl {

// At most limits::kMaxPemBytes. The error is one sentence naming the file.
tl::expected<std::string, std::string> read_file_text(const std::string& path);

}  // namespace tracer::ssl
