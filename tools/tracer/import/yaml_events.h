// libyaml's events one after the other, and values built from them, within bounds. The one wrapper
// of libyaml. Owned by one thread.
//
// A function that returns false has set problem(); the stream is spent then.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/tracer/import/diagnostics.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {

// Places of a YAML document are lines and columns already.
class YamlLocator : public Locator {
 public:
  static Place place(std::size_t line, std::size_t column) { return line << 32 | column; }
  LineColumn locate(Place place) const override {
    return {static_cast<std::size_t>(place >> 32), static_cast<std::size_t>(place & 0xFFFF'FFFF)};
  }
};

class YamlEvents {
 public:
  enum class Kind {
    kDocumentStart,
    kScalar,
    kListStart,
    kListEnd,
    kMapStart,
    kMapEnd,
    kEnd,  // of the stream
  };
  struct Problem {
    Place place = 0;
    std::string found;
    std::string accepted;
  };

  // `text` must outlive this.
  explicit YamlEvents(std::string_view text);
  ~YamlEvents();

  // Moves to the next event; ends of documents are passed over.
  bool next();
  Kind kind() const;
  Place place() const;
  // Of a scalar: its text, valid until next(), and whether it stands unquoted.
  std::string_view text() const;
  bool plain() const;

  // Builds the value that starts at this event, and stops at its last event. `node` has the key.
  bool build(Tree& tree, std::uint32_t parent, Node node, unsigned depth);
  bool build_root(Tree& tree);
  // Reads the key of a map's entry at this event, and moves on to its value.
  bool take_key(Tree& tree, Node& entry);
  // Passes over the value that starts at this event.
  bool skip();

  const Problem& problem() const { return problem_; }

 private:
  struct State;
  bool fail(Place place, std::string found, std::string accepted = {});
  bool fail_parser();
  bool build_children(Tree& tree, std::uint32_t index, unsigned depth);

  std::unique_ptr<State> state_;
  std::string_view text_;
  Problem problem_;
};

}  // namespace tracer::import
