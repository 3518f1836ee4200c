#include "tools/tracer/failures_page.h"

#include <string_view>

#include "engine/failure.h"

namespace tracer::cli {
namespace {

using engine::FailureCode;
using engine::FailureInfo;

constexpr std::string_view kOpening =
    R"(# Failure codes

Every check that does not succeed says why with one of these codes: in `failure.code` of a
[result](results.md), in the table on the terminal, and in the summary. Each has one cause, and one
sentence on what to check, which reports carry as `hint`.

This page is written by `tracer failures`; do not edit it.

## The target's failures

The verdict is `down`, unless the monitor expects the failure.

)";

constexpr std::string_view kOurs =
    R"(
## Failures of tracer's own

The target is not to blame: the verdict is `unknown`, never `down`.

)";

std::string_view code_text(const FailureInfo& info) {
  return info.code == FailureCode::kTlsAlert ? "tls_alert(<name>)" : info.name;
}

// What a code stands beside in a failure that carries more than its name.
std::string_view remark(FailureCode code) {
  switch (code) {
    case FailureCode::kTlsAlert:
      return "The name in brackets is that of RFC 8446, such as `handshake_failure`.";
    case FailureCode::kTlsVersionUnsupported:
      return "The detail names the version that the server offered, where it could be seen.";
    case FailureCode::kAssertionFailed:
      return "The detail names the first assertion that does not hold; `assertions` has them all. "
             "With a verdict of `degraded`, only assertions of severity `warn` failed.";
    default:
      return {};
  }
}

void append_entry(std::string& page, const FailureInfo& info) {
  page += "### `";
  page += code_text(info);
  page += "`\n\n";
  page += info.cause;
  if (const std::string_view more = remark(info.code); !more.empty()) {
    page += ' ';
    page += more;
  }
  page += "\n\n**Remedy:** ";
  page += info.remedy;
  page += '\n';
}

void append_entries(std::string& page, bool ours) {
  bool first = true;
  for (int index = 1; index < engine::kFailureCodeCount; ++index) {
    const FailureInfo& info = engine::failure_info(static_cast<FailureCode>(index));
    if (info.ours != ours) continue;
    if (!first) page += '\n';
    append_entry(page, info);
    first = false;
  }
}

}  // namespace

std::string failures_markdown() {
  std::string page(kOpening);
  append_entries(page, false);
  page += kOurs;
  append_entries(page, true);
  return page;
}

}  // namespace tracer::cli
