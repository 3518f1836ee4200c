// Monitors from documents: JSON and YAML in, one MonitorSet out, and every mistake told with its
// place. Called once at start and on reload, by one thread; holds nothing afterwards.
//
// Nothing is dropped in silence: what is not taken is an error. No input crashes or hangs: depth,
// counts and sizes are bounded (see import_limits.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/monitor.h"

namespace tracer::import {

// One mistake. `line` and `column` count from 1, columns in characters; line 0: the whole file.
struct ImportError {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string path;        // "monitors[17].tls.min_version"; empty: the document itself
  std::string found;       // what is wrong, such as "70000 is out of range"
  std::string accepted;    // what would be right; empty where that goes without saying
  std::string suggestion;  // the nearest known word; empty: none is near
};

// What lowers security and is allowed: told, not refused. The place is that of the first.
struct ImportWarning {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string text;
};

enum class DocumentFormat {
  kAutomatic,  // by the name's extension, else by the first byte: `{` or `[` is JSON
  kJson,       // one document, or one a line
  kYaml,
};

struct ImportOptions {
  bool allow_subsecond = false;  // intervals below one second
  bool keep_going = false;       // take the good monitors although there are bad ones
  bool check_files = true;       // tls.ca_file and the like must be usable now
};

struct ImportResult {
  engine::MonitorSet monitors;      // empty when there are errors, unless keep_going
  std::vector<ImportError> errors;  // at most kMaxErrorsListed
  std::size_t error_count = 0;      // all of them
  std::vector<ImportWarning> warnings;

  bool ok() const { return error_count == 0; }
};

// Several files make one set, in the order given; "-" is standard input.
ImportResult import_files(const std::vector<std::string>& files, const ImportOptions& options);
// `name` stands for the file in messages, and its extension decides kAutomatic.
ImportResult import_text(std::string_view text, const std::string& name, DocumentFormat format,
                         const ImportOptions& options);

// "monitors.yaml:12:5: monitors[3].port: 70000 is out of range; accepted: 1 to 65535"
std::string format_error(const ImportError& error);
std::string format_warning(const ImportWarning& warning);
// All errors, one a line, and where more were found than are listed, a last line saying so.
std::string format_errors(const ImportResult& result);

}  // namespace tracer::import
