// The schema of `assertions`: which types there are, their operators, and what each compares.
#pragma once

#include <vector>

#include "engine/assertion.h"
#include "tools/tracer/import/tree.h"
#include "tools/tracer/import/value_reader.h"

namespace tracer::import {

// Reads the list at `node`; an entry with several operators becomes several assertions. What is
// wrong is reported and left out.
std::vector<engine::Assertion> read_assertions(ValueReader& values, const Tree& tree,
                                               const Node& node);

}  // namespace tracer::import
