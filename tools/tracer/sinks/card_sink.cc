#include "tools/tracer/sinks/card_sink.h"

#include <utility>

namespace tracer::cli {

CardSink::CardSink(int descriptor, Render render, std::string separator, const engine::Clock& clock,
                   ProgressSink* progress)
    : render_(std::move(render)),
      separator_(std::move(separator)),
      writer_(descriptor, "standard output", clock),
      progress_(progress) {}

void CardSink::write(std::span<const engine::Report> reports) {
  for (const engine::Report& report : reports) {
    const std::string text = render_(report);
    if (text.empty()) continue;
    if (!std::exchange(first_, false)) writer_.buffer() += separator_;
    writer_.buffer() += text;
    if (progress_ != nullptr) progress_->erase();
    writer_.flush();  // a person waits for it
  }
}

tl::expected<void, std::string> CardSink::finish() {
  writer_.flush();
  return writer_.status();
}

}  // namespace tracer::cli
