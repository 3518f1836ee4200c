#include "sched/configuration.h"

namespace tracer::sched {
namespace {

tl::expected<ConfigurationRef, std::string> with_roots(
    std::shared_ptr<const engine::MonitorSet> monitors) {
  auto trust = engine::TrustStores::load(*monitors);
  if (!trust) return tl::unexpected(trust.error());
  const engine::MonitorSet& set = *monitors;
  return std::make_shared<const Configuration>(
      Configuration{std::move(monitors), set, std::move(*trust)});
}

}  // namespace

tl::expected<ConfigurationRef, std::string> Configuration::load(engine::MonitorSet monitors) {
  return with_roots(std::make_shared<const engine::MonitorSet>(std::move(monitors)));
}

tl::expected<ConfigurationRef, std::string> Configuration::renewed() const {
  return with_roots(kept);
}

}  // namespace tracer::sched
