#include "sched/configuration.h"

namespace tracer::sched {

tl::expected<ConfigurationRef, std::string> Configuration::load(engine::MonitorSet monitors) {
  auto trust = engine::TrustStores::load(monitors);
  if (!trust) return tl::unexpected(trust.error());
  return std::make_shared<const Configuration>(
      Configuration{std::move(monitors), std::move(*trust)});
}

}  // namespace tracer::sched
