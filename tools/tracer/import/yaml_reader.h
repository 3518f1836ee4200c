// The YAML front end (libyaml events): any number of documents. Finds the monitors, hands each to
// the collector as a Tree, and tells where the text is not YAML or uses what is not supported:
// aliases, tags of other schemas, keys that are not scalars. One monitor is in memory at a time.
#pragma once

#include <string>

#include "tools/tracer/import/collector.h"
#include "tools/tracer/import/source_text.h"

namespace tracer::import {

// Begins and ends the file `name` at the collector.
void read_yaml(const SourceText& source, const std::string& name, Collector& collector);

}  // namespace tracer::import
