// The form of a card: a title, facts in two columns, and headings under which further facts stand
// as the branches of a tree. Text goes in printable; a card wraps it to the terminal. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/monitor.h"
#include "engine/report.h"
#include "tools/tracer/sinks/presentation.h"

namespace tracer::cli {

class CardLayout {
 public:
  explicit CardLayout(const Presentation& presentation) : presentation_(presentation) {}

  const Presentation& presentation() const { return presentation_; }
  void title(std::string_view text);
  // A blank line and a heading one level deeper than the one before.
  void heading(std::string_view text, std::string_view remark);
  // A blank line and a heading at the left; facts after it are indented once.
  void section(std::string_view text);
  void fact(std::string_view label, std::string_view text, Paint paint = Paint::kNone);
  // Text that holds its own colours: not wrapped.
  void painted_fact(std::string_view label, std::string_view text);
  void line(std::string_view text, Paint paint);
  std::string take() { return std::move(out_); }

 private:
  std::string wrapped_from(std::string_view text, int left) const;
  std::string label_column(std::string_view label) const;

  Presentation presentation_;
  std::string out_;
  int indent_ = 0;
  int depth_ = 0;  // headings so far
};

// "example.org:443 (192.0.2.10)", with the name before it where that is another.
std::string target_text(const engine::Report& report, const engine::MonitorSet& monitors);

// The failure's code, phase, detail and hint as facts; nothing where there is no failure.
void append_failure(CardLayout& card, const engine::Report& report);

}  // namespace tracer::cli
