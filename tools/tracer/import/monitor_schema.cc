#include "tools/tracer/import/monitor_schema.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tools/tracer/import/map_reader.h"
#include "tools/tracer/import/monitor_keys.h"

namespace tracer::import {
namespace {

using engine::StarttlsProtocol;

// Where to point for a key of `tls` that may stand in the defaults instead.
Place place_of_tls_key(const Tree& tree, const Node& node, std::string_view key) {
  const Node* tls = find_entry(tree, node, "tls");
  if (tls == nullptr) return node.place;
  const Node* entry = find_entry(tree, *tls, key);
  return entry != nullptr ? entry->place : tls->place;
}

void check_tls(const Tree& tree, const Node& node, Diagnostics& diagnostics,
               const engine::TlsPolicy& tls) {
  const Diagnostics::Step tls_step(diagnostics, "tls");
  if (tls.min_version > tls.max_version) {
    const Diagnostics::Step step(diagnostics, "min_version");
    diagnostics.report(place_of_tls_key(tree, node, "min_version"),
                       fmt::format("{} is above max_version {}",
                                   ssl::protocol_name(static_cast<std::uint16_t>(tls.min_version)),
                                   ssl::protocol_name(static_cast<std::uint16_t>(tls.max_version))),
                       "a min_version that is not above max_version");
  }
  if (tls.cert_file.empty() == tls.key_file.empty()) return;
  const std::string_view given = tls.cert_file.empty() ? "key_file" : "cert_file";
  const std::string_view absent = tls.cert_file.empty() ? "cert_file" : "key_file";
  const Diagnostics::Step step(diagnostics, absent);
  diagnostics.report(place_of_tls_key(tree, node, given), fmt::format("missing beside {}", given),
                     "both or none");
}

}  // namespace

// Files that cannot even be read were refused with their keys, and are not in `tls` then.
void MonitorSchema::check_credentials(const Tree& tree, const Node& node,
                                      const engine::TlsPolicy& tls) {
  if (!options_.check_files || !tls.enabled) return;
  Diagnostics& diagnostics = values_.diagnostics();
  const Diagnostics::Step tls_step(diagnostics, "tls");
  if (!tls.ca_file.empty()) {
    if (const std::string& trouble = credentials_.trouble_of_roots(tls.ca_file); !trouble.empty()) {
      const Diagnostics::Step step(diagnostics, "ca_file");
      diagnostics.report(place_of_tls_key(tree, node, "ca_file"), trouble, "certificates in PEM");
    }
  }
  if (!tls.crl_files.empty()) {
    const std::string& trouble = credentials_.trouble_of_lists(tls.crl_files);
    if (!trouble.empty()) {
      const Diagnostics::Step step(diagnostics, "crl_file");
      diagnostics.report(place_of_tls_key(tree, node, "crl_file"), trouble,
                         "revocation lists in PEM or DER");
    }
  }
  if (tls.cert_file.empty() || tls.key_file.empty()) return;
  const std::string& trouble = credentials_.trouble_of_pair(tls.cert_file, tls.key_file);
  if (trouble.empty()) return;
  const Diagnostics::Step step(diagnostics, "cert_file");
  diagnostics.report(place_of_tls_key(tree, node, "cert_file"), trouble,
                     "a certificate in PEM, and with key_file its key");
}

bool MonitorSchema::read_keys(const Tree& tree, const Node& node, Draft& draft) {
  Diagnostics& diagnostics = values_.diagnostics();
  const std::size_t before = diagnostics.count();
  if (node.kind != Node::Kind::kMap) {
    values_.refuse(node, "is not a map", "a map");
    return false;
  }
  MonitorFields fields{values_, tree, draft, options_};
  read_monitor_keys(fields, node);
  return diagnostics.count() == before;
}

bool MonitorSchema::read_defaults(const Tree& tree, const Node& node) {
  clear_defaults();
  const bool good = read_keys(tree, node, defaults_);
  const Node* id = node.kind == Node::Kind::kMap ? find_entry(tree, node, "id") : nullptr;
  if (id == nullptr) return good;
  const Diagnostics::Step step(values_.diagnostics(), "id");
  values_.diagnostics().report(id->key_place, "an id cannot be shared", "id in a monitor alone");
  return false;
}

const engine::MonitorSpec* MonitorSchema::read_monitor(const Tree& tree, const Node& node) {
  Diagnostics& diagnostics = values_.diagnostics();
  const std::size_t before = diagnostics.count();
  draft_ = defaults_;
  if (node.kind != Node::Kind::kMap) {
    values_.refuse(node, "is not a monitor", "a map with at least host and port");
    return nullptr;
  }
  read_keys(tree, node, draft_);
  settle(tree, node, draft_);
  return diagnostics.count() == before ? &draft_.spec : nullptr;
}

void MonitorSchema::settle(const Tree& tree, const Node& node, Draft& draft) {
  constexpr std::uint32_t kRetriesUnlessGiven = 3;
  Diagnostics& diagnostics = values_.diagnostics();
  if (!draft.host_given) {
    const Diagnostics::Step step(diagnostics, "host");
    diagnostics.report(node.place, "missing", "a DNS name, IPv4 or IPv6 address");
  }
  if (!draft.port_given) {
    const Diagnostics::Step step(diagnostics, "port");
    diagnostics.report(node.place, "missing", "1 to 65535");
  }
  engine::CheckPolicy& policy = draft.spec.policy;
  check_tls(tree, node, diagnostics, policy.tls);
  check_credentials(tree, node, policy.tls);
  const bool retry = draft.retry_on_failure.value_or(draft.max_retries.has_value());
  policy.max_retries = retry ? draft.max_retries.value_or(kRetriesUnlessGiven) : 0;
  policy.tls.starttls = policy.tls.enabled
                            ? draft.starttls.value_or(engine::starttls_for_port(draft.spec.port))
                            : StarttlsProtocol::kNone;
}

}  // namespace tracer::import
