// The schema of a monitor: its keys, their types, bounds and meaning (monitor_schema.cc holds the
// tables), how a document's defaults and a monitor's own keys merge, and what must fit together.
// Defaults of absent keys are those of engine::MonitorSpec. Belongs to one import; one thread.
#pragma once

#include "engine/monitor.h"
#include "tools/tracer/import/credentials.h"
#include "tools/tracer/import/import.h"
#include "tools/tracer/import/monitor_draft.h"
#include "tools/tracer/import/tree.h"
#include "tools/tracer/import/value_reader.h"

namespace tracer::import {

class MonitorSchema {
 public:
  MonitorSchema(Diagnostics& diagnostics, const ImportOptions& options)
      : values_(diagnostics), options_(options) {}

  // Forgets the defaults of the document before.
  void clear_defaults() { defaults_ = Draft{}; }
  // The `defaults` of a document; false when something in it was refused.
  bool read_defaults(const Tree& tree, const Node& node);
  // A monitor with the defaults under it; null when something in it was refused. The result holds
  // until the next call.
  const engine::MonitorSpec* read_monitor(const Tree& tree, const Node& node);

 private:
  bool read_keys(const Tree& tree, const Node& node, Draft& draft);
  void settle(const Tree& tree, const Node& node, Draft& draft);
  void check_credentials(const Tree& tree, const Node& node, const engine::TlsPolicy& tls);

  ValueReader values_;
  Credentials credentials_;
  const ImportOptions& options_;
  Draft defaults_;
  Draft draft_;  // kept, so that its strings' memory is used again
};

}  // namespace tracer::import
