// The JSON front end (simdjson On-Demand): one document, or one a line. Finds the monitors, hands
// each to the collector as a Tree, and tells where the text is not JSON. One monitor is in memory
// at a time.
#pragma once

#include "tools/tracer/import/collector.h"
#include "tools/tracer/import/source_text.h"

namespace tracer::import {

// Places are byte offsets of `source`; `locator` is over the same text.
void read_json(const SourceText& source, OffsetLocator& locator, bool one_a_line,
               Collector& collector);

}  // namespace tracer::import
