#include "tools/tracer/sinks/json_lines_sink.h"

#include <utility>

namespace tracer::cli {

JsonLinesSink::JsonLinesSink(Target target, const engine::MonitorSet& monitors, Reporter reporter,
                             const engine::Clock& clock)
    : writer_(target.descriptor, std::move(target.name), clock),
      monitors_(&monitors),
      reporter_(std::move(reporter)) {
  writer_.end_torn_line();
}

void JsonLinesSink::write(std::span<const engine::Report> reports) {
  for (const engine::Report& report : reports) {
    if (writer_.broken()) return;
    append_report_json(writer_.buffer(), report, *monitors_, reporter_);
    writer_.buffer() += '\n';
    writer_.committed();
  }
}

tl::expected<void, std::string> JsonLinesSink::finish() {
  writer_.flush();
  return writer_.status();
}

}  // namespace tracer::cli
