// The known word that a mistyped one most likely meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tracer::import {

// Keys are compared in this form: lower case, without spaces, `_` and `-`.
std::string normalized(std::string_view key);

// Insertions, deletions, changes and swaps of neighbours between the two.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Empty when none of `known` is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace tracer::import
