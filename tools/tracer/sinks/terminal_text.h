// Text for a terminal: made harmless, measured in columns, cut, aligned and wrapped. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

// What servers and documents supply must not move the cursor, colour the screen, or turn the
// writing direction round: control and format characters and bytes that are not UTF-8 come out as
// "\n", "\x1b", "\u202e". Everything foreign passes through here before it is shown.
std::string printable(std::string_view text);

// Columns that printable text takes: East Asian wide characters and emoji two, combining marks
// none.
int display_width(std::string_view text);

// The longest beginning that fits, with an ellipsis where something was cut.
// REQUIRES: columns > 0.
std::string cut(std::string_view text, int columns, const Presentation& presentation);
std::string padded_right(std::string_view text, int columns);  // never cuts
std::string padded_left(std::string_view text, int columns);

// Breaks between words so that lines end within `columns` (0: no limit), the first of them having
// begun in column `start`; the others begin with `indent` spaces. A word that is too long has a
// line of its own. No line end at the end.
std::string wrapped(std::string_view text, int columns, int start, int indent);

// Three significant digits: "85 µs", "1.20 ms", "153 ms", "10.0 s"; a dash where not measured.
std::string duration_text(std::int64_t duration_ns, const Presentation& presentation);
// "1,234,567".
std::string count_text(std::uint64_t count);

}  // namespace tracer::cli
