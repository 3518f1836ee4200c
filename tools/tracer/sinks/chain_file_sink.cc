#include "tools/tracer/sinks/chain_file_sink.h"

#include <fstream>

#include "tools/tracer/sinks/card_layout.h"
#include "tools/tracer/sinks/chain_pem.h"

namespace tracer::cli {

tl::expected<void, std::string> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return tl::unexpected(path + ": cannot be written");
  return {};
}

void ChainFileSink::write(std::span<const engine::Report> reports) {
  for (const engine::Report& report : reports) {
    if (report.outcome.chain == nullptr) continue;
    text_ += "# " + target_text(report, monitors_) + "\n" + chain_pem(*report.outcome.chain);
  }
}

}  // namespace tracer::cli
