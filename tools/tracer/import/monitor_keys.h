// The tables of the monitor schema: every key of a monitor, of its `tls` and of its `alert`, with
// type, bounds and where it goes. Defaults are those of the engine's values.
#pragma once

#include "tools/tracer/import/import.h"
#include "tools/tracer/import/monitor_draft.h"
#include "tools/tracer/import/tree.h"
#include "tools/tracer/import/value_reader.h"

namespace tracer::import {

struct MonitorFields {
  ValueReader& values;
  const Tree& tree;
  Draft& draft;
  const ImportOptions& options;

  Diagnostics& diagnostics() const { return values.diagnostics(); }
  engine::CheckPolicy& policy() const { return draft.spec.policy; }
  engine::TlsPolicy& tls() const { return draft.spec.policy.tls; }
  engine::ExchangePolicy& exchange() const { return draft.spec.policy.exchange; }
};

// Reads the keys of `map`, a monitor or the defaults, into the draft; reports what is wrong.
void read_monitor_keys(MonitorFields& in, const Node& map);

}  // namespace tracer::import
