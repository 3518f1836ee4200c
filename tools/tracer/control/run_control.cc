#include "tools/tracer/control/run_control.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace tracer::cli {

tl::expected<std::unique_ptr<ControlServer>, std::string> start_control(
    const ControlOptions& options, ControlHandlers handlers) {
  if (options.path.empty()) return std::unique_ptr<ControlServer>();
  auto server = ControlServer::start(options.path, std::move(handlers), ControlServer::Limits{});
  if (server) return std::move(*server);
  std::string reason = server.error().text;
  if (server.error().in_use) {
    reason = fmt::format("{} is in use, by another run it seems", options.path);
  }
  if (options.required) return tl::unexpected(std::move(reason));
  fmt::print(stderr, "tracer: warning: {}; going on without a control socket\n", reason);
  return std::unique_ptr<ControlServer>();
}

}  // namespace tracer::cli
