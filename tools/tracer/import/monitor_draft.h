// A monitor while it is being read. Owned by the schema; one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/monitor.h"
#include "engine/starttls_protocol.h"

namespace tracer::import {

// A monitor as far as it has been read, with what can be settled only when all is known.
struct Draft {
  engine::MonitorSpec spec;
  bool host_given = false;  // even when it was refused: one mistake, one error
  bool port_given = false;
  bool tls_is_map = false;
  std::optional<bool> retry_on_failure;
  std::optional<std::uint32_t> max_retries;
  std::optional<engine::StarttlsProtocol> starttls;  // none: `auto`
};

}  // namespace tracer::import
