// A compiled regular expression (RE2 syntax, unanchored, linear time). Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tracer::engine {

class Pattern {
 public:
  // The error is RE2's sentence about what is wrong with `expression`.
  static tl::expected<std::shared_ptr<const Pattern>, std::string> compile(
      std::string_view expression);
  ~Pattern();

  // Bytes are taken as Latin-1 when they are not UTF-8, so that binary answers can be matched.
  bool matches(std::string_view bytes) const;
  const std::string& text() const;

 private:
  struct Compiled;
  explicit Pattern(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace tracer::engine
