// Any bytes as a file that histories are restored from: histories that checks can lead to, and
// messages that can be printed.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "engine/monitor.h"
#include "engine/utf8.h"
#include "tools/tracer/state/line_reader.h"
#include "tools/tracer/state/restore.h"
#include "tools/tracer/state/state_line.h"

namespace tracer::cli {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void require_printable(std::string_view text) {
  require(engine::utf8_valid_prefix(text) == text.size());
  for (const char letter : text) {
    require(static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7F);
  }
}

engine::MonitorSet monitors() {
  engine::MonitorSetBuilder builder;
  for (const char* id : {"a", "web-1", "0000000000000001"}) {
    engine::MonitorSpec spec;
    spec.id = id;
    spec.host = "example.org";
    spec.port = 443;
    require(builder.add(spec).has_value());
  }
  return std::move(builder).build();
}

// What was read is written as it was read, whatever the notation.
void check_line(std::string_view text) {
  StateLineParser parser;
  std::string padded(text);
  padded.append(LineReader::kPadding, '\0');
  const StateLine line = parser.parse(std::string_view(padded).substr(0, text.size()));
  const auto* monitor = std::get_if<MonitorHistory>(&line);
  if (monitor == nullptr) return;
  require(monitor->history.plausible());
  std::string written;
  append_monitor_history(written, *monitor);
  const std::string id(monitor->id);
  const engine::History history = monitor->history;
  const std::size_t length = written.size();
  written.append(LineReader::kPadding, '\0');
  const StateLine again = parser.parse(std::string_view(written).substr(0, length));
  const auto* same = std::get_if<MonitorHistory>(&again);
  require(same != nullptr && same->id == id && same->history == history);
}

void check_file(const std::uint8_t* data, std::size_t size) {
  static const engine::MonitorSet kMonitors = monitors();
  const int descriptor = ::memfd_create("state", MFD_CLOEXEC);
  require(descriptor >= 0);
  require(::write(descriptor, data, size) == static_cast<ssize_t>(size));
  require(::lseek(descriptor, 0, SEEK_SET) == 0);
  const Restored restored = restore_histories(descriptor, kMonitors);
  ::close(descriptor);
  require(restored.error == 0 && restored.histories.size() == kMonitors.size());
  for (const engine::History& history : restored.histories.all()) require(history.plausible());
  require(restored.monitors <= kMonitors.size());
  const RestoreMessages messages = restore_messages(restored, "fuzz");
  require_printable(messages.note);
  require_printable(messages.warning);
}

}  // namespace
}  // namespace tracer::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tracer::cli::check_file(data, size);
  tracer::cli::check_line(text.substr(0, text.find('\n')));
  return 0;
}
