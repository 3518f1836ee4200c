// The mistakes of one import: collects them with file, line, column and path, lists the first of
// them and counts the rest. Owned by one import, used by one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tracer/import/import.h"
#include "tools/tracer/import/tree.h"

namespace tracer::import {

struct LineColumn {
  std::size_t line = 0;
  std::size_t column = 0;
};

// Turns a front end's places into lines and columns.
class Locator {
 public:
  virtual ~Locator() = default;
  virtual LineColumn locate(Place place) const = 0;
};

class Diagnostics {
 public:
  explicit Diagnostics(ImportResult& result) : result_(result) {}

  // All that follows is about this file. `locator` must live until the next call.
  void begin_file(std::string file, const Locator* locator) {
    file_ = std::move(file);
    locator_ = locator;
    path_.clear();
  }
  const std::string& file() const { return file_; }
  LineColumn locate(Place place) const {
    return locator_ != nullptr ? locator_->locate(place) : LineColumn{};
  }

  void report(Place place, std::string_view found, std::string_view accepted = {},
              std::string_view suggestion = {});
  // About the file as a whole.
  void report_file(std::string_view found, std::string_view accepted = {});
  std::size_t count() const { return result_.error_count; }
  // False when no more errors are listed: then suggestions are not worth their time.
  bool listening() const;

  // What is being read, for the path of an error.
  class Step {
   public:
    Step(Diagnostics& diagnostics, std::string_view key) : diagnostics_(diagnostics) {
      diagnostics_.path_.push_back({key, 0});
    }
    Step(Diagnostics& diagnostics, std::string_view list, std::size_t index)
        : diagnostics_(diagnostics) {
      diagnostics_.path_.push_back({list, index + 1});
    }
    ~Step() { diagnostics_.path_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Diagnostics& diagnostics_;
  };

 private:
  struct Segment {
    std::string_view key;    // empty: an entry of the list named before
    std::size_t number = 0;  // index + 1; 0: none
  };
  std::string path_text() const;

  ImportResult& result_;
  std::string file_;
  const Locator* locator_ = nullptr;
  std::vector<Segment> path_;
};

// A value as an error shows it: "\"abc\"", "70000", "a list"; long texts are cut, control and
// invalid bytes escaped.
std::string describe(const Node& node);
std::string quoted(std::string_view text);
// The same without the marks around it.
std::string printable(std::string_view text);

}  // namespace tracer::import
