#include "tools/tracer/state/restore.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "engine/hash_index.h"
#include "tools/tracer/sinks/terminal_text.h"
#include "tools/tracer/sinks/timestamp.h"
#include "tools/tracer/state/line_reader.h"
#include "tools/tracer/state/state_limits.h"
#include "tools/tracer/state/state_line.h"

namespace tracer::cli {
namespace {

using Source = Restored::Source;

// Monitors by the text of their id.
class Ids {
 public:
  explicit Ids(const engine::MonitorSet& monitors) : monitors_(monitors) {
    for (std::uint32_t i = 0; i < monitors.size(); ++i) {
      index_.insert(hash(monitors.id(monitors.at(i))), i);
    }
  }
  std::optional<std::uint32_t> find(std::string_view id) const {
    return index_.find(hash(id),
                       [&](std::uint32_t i) { return monitors_.id(monitors_.at(i)) == id; });
  }

 private:
  static std::uint64_t hash(std::string_view id) { return std::hash<std::string_view>()(id); }

  const engine::MonitorSet& monitors_;
  engine::HashIndex index_;
};

class Restorer {
 public:
  explicit Restorer(const engine::MonitorSet& monitors) : ids_(monitors), seen_(monitors.size()) {
    restored_.histories.resize(monitors.size());
  }

  Restored read(int descriptor) &&;

 private:
  bool foreign() const {
    return restored_.source == Source::kNothing && restored_.damaged >= limits::kMaxForeignLines;
  }
  bool is(Source source) {  // the first line that is understood decides
    if (restored_.source == Source::kNothing) restored_.source = source;
    return restored_.source == source;
  }

  void take(const LineFault& fault);
  void take(const StateHeader& header);
  void take(const MonitorHistory& monitor);
  void take(const PastResult& result);

  Ids ids_;
  Restored restored_;
  std::vector<bool> seen_;      // by monitor: it has a history now
  std::uint64_t line_ = 0;      // under way
  std::uint64_t promised_ = 0;  // by the header
  std::uint64_t histories_ = 0;
};

Restored Restorer::read(int descriptor) && {
  LineReader lines(descriptor);
  StateLineParser parser;
  while (!foreign() && restored_.source != Source::kNewer) {
    const auto line = lines.next();
    if (!line) break;
    line_ = lines.number();
    if (lines.is_cut()) {
      take(LineFault{"it is too long"});
    } else if (line->find_first_not_of(" \t\r") != line->npos) {
      std::visit([this](const auto& found) { take(found); }, parser.parse(*line));
    }
  }
  restored_.error = lines.error();
  if (restored_.source == Source::kNothing && restored_.damaged != 0) {
    restored_.source = Source::kForeign;
  }
  // Damaged lines are told as such; what is missing beyond them was cut off.
  const std::uint64_t lines_of_monitors = histories_ + restored_.damaged;
  if (promised_ > lines_of_monitors) restored_.missing = promised_ - lines_of_monitors;
  return std::move(restored_);
}

void Restorer::take(const LineFault& fault) {
  if (restored_.damaged++ != 0) return;
  restored_.damaged_line = line_;
  restored_.reason = fault.reason;
}

void Restorer::take(const StateHeader& header) {
  if (header.format != limits::kStateFormat) {
    is(Source::kNewer);
    return;
  }
  if (!is(Source::kState) || line_ != 1) {
    take(LineFault{"there is a header in the middle"});
    return;
  }
  restored_.written_unix_ms = header.written_unix_ms;
  promised_ = header.monitors;
}

void Restorer::take(const MonitorHistory& monitor) {
  if (!is(Source::kState)) {
    take(LineFault{"it is not a result"});
    return;
  }
  ++histories_;
  const auto index = ids_.find(monitor.id);
  if (!index) {
    ++restored_.departed;
  } else if (seen_[*index]) {
    --histories_;
    take(LineFault{"its monitor has been told of before"});
  } else {
    seen_[*index] = true;
    ++restored_.monitors;
    restored_.histories.set(*index, monitor.history);
  }
}

void Restorer::take(const PastResult& result) {
  if (!is(Source::kResults)) {
    take(LineFault{"it is not a monitor's state"});
    return;
  }
  const auto index = ids_.find(result.id);
  if (!index) {
    ++restored_.departed;
    return;
  }
  if (!result.observed) return;
  restored_.monitors += seen_[*index] ? 0 : 1;
  seen_[*index] = true;
  restored_.histories.observe(*index, result.verdict, result.started_unix_ms);
}

std::string number_of(std::size_t count, std::string_view thing) {
  return count_text(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

// What went on.
std::string note_text(const Restored& restored, std::string_view file) {
  std::string text;
  if (restored.source == Source::kState) {
    text = fmt::format("{}: {} known from before", file, number_of(restored.monitors, "monitor"));
    const Timestamp written = timestamp(restored.written_unix_ms);
    if (restored.written_unix_ms != 0)
      text += fmt::format(", as of {}", written.with_milliseconds());
    if (restored.departed != 0) {
      text += fmt::format("; {} no longer here", count_text(restored.departed));
    }
  } else if (restored.source == Source::kResults) {
    text = fmt::format("{}: {} known from results", file, number_of(restored.monitors, "monitor"));
    if (restored.departed != 0) {
      text +=
          fmt::format("; {} of monitors that are not here", number_of(restored.departed, "result"));
    }
  }
  return text;
}

// What is wrong.
std::string warning_text(const Restored& restored, std::string_view file) {
  if (restored.source == Source::kForeign) {
    return fmt::format("{} is neither a state file nor results (line {}: {})", file,
                       restored.damaged_line, restored.reason);
  }
  if (restored.source == Source::kNewer) {
    return fmt::format("{} is a state file of another version of tracer", file);
  }
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (restored.damaged != 0) {
    add(fmt::format("{}:{}: {}; {} left out", file, restored.damaged_line, restored.reason,
                    number_of(restored.damaged, "damaged line")));
  }
  if (restored.missing != 0) {
    add(fmt::format("{} ends early, {} missing", file, number_of(restored.missing, "monitor")));
  }
  if (restored.error != 0) {
    add(fmt::format("{} cannot be read: {}", file,
                    std::generic_category().message(restored.error)));
  }
  return text;
}

}  // namespace

Restored restore_histories(int descriptor, const engine::MonitorSet& monitors) {
  return Restorer(monitors).read(descriptor);
}

RestoreMessages restore_messages(const Restored& restored, std::string_view file) {
  return {note_text(restored, file), warning_text(restored, file)};
}

}  // namespace tracer::cli
