// What must hold of an import whatever the bytes were; shared by the fuzz programs of both
// notations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/utf8.h"
#include "tools/tracer/import/import.h"

namespace tracer::import {

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline void require_printable(std::string_view text) {
  require(engine::utf8_valid_prefix(text) == text.size());
  for (const char letter : text) {
    require(static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7F);
  }
}

inline void check_import(const std::uint8_t* data, std::size_t size, DocumentFormat format) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ImportOptions options;
  options.check_files = false;  // a document of the fuzzer's must not open files
  for (const bool keep_going : {false, true}) {
    options.keep_going = keep_going;
    const ImportResult result = import_text(text, "fuzz", format, options);
    require(result.error_count >= result.errors.size());
    require(result.ok() == result.errors.empty());
    if (!keep_going) require(result.ok() == (result.monitors.size() != 0));
    for (const ImportError& error : result.errors) {
      require_printable(format_error(error));
      require(!error.found.empty());
      require(error.line <= size + 1 && error.column <= size + 1);
    }
    for (const ImportWarning& warning : result.warnings) {
      require_printable(format_warning(warning));
    }
    for (const engine::Monitor& monitor : result.monitors.monitors()) {
      require(monitor.port != 0 && !result.monitors.host(monitor).empty());
      require_printable(result.monitors.name(monitor));
      require_printable(result.monitors.id(monitor));
    }
  }
}

}  // namespace tracer::import
