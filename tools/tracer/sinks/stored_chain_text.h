// The verdict on a stored chain as one JSON object for programs, and as a card for people. Pure.
#pragma once

#include <string>

#include "tools/tracer/sinks/presentation.h"
#include "tools/tracer/stored_chain.h"

namespace tracer::cli {

// Ends in a line end, as the card does. docs/results.md has the keys.
std::string stored_chain_json(const StoredChain& chain);
std::string stored_chain_card(const StoredChain& chain, const Presentation& presentation);

}  // namespace tracer::cli
