#include "tools/tracer/import/monitor_keys.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/limits.h"
#include "tools/tracer/import/assertion_schema.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/map_reader.h"
#include "tools/tracer/import/nearest.h"
#include "tools/tracer/import/notation.h"

namespace tracer::import {
namespace {

using engine::ExchangePolicy;
using engine::StarttlsProtocol;
using Fields = MonitorFields;
namespace bounds = engine::limits;

template <typename Value>
struct Word {
  std::string_view name;
  Value value;
};

// One of the words of a table.
template <typename Value, std::size_t Size, typename Out>
bool read_word(Fields& in, const Node& node, std::string_view not_what,
               const std::array<Word<Value>, Size>& words, Out& out) {
  // A number is a word here: ip_family: 4.
  const bool has_text = !is_null(node) && (as_text(node) || node.kind == Node::Kind::kNumber);
  for (const auto& word : words) {  // nearly always written as tracer writes it
    if (has_text && word.name == node.text) {
      out = word.value;
      return true;
    }
  }
  const std::string form = has_text ? normalized(node.text) : std::string();
  for (const auto& word : words) {
    if (has_text && normalized(word.name) == form) {
      out = word.value;
      return true;
    }
  }
  std::vector<std::string_view> names;
  for (const auto& word : words) names.push_back(word.name);
  return in.values.refuse(node, not_what, fmt::format("{}", fmt::join(names, ", ")),
                          has_text ? nearest(node.text, names) : std::string_view());
}

template <typename Out>
void read_integer(Fields& in, const Node& node, Bounds range, Out& out) {
  std::int64_t value = 0;
  if (in.values.integer(node, range, value)) out = static_cast<Out>(value);
}

void read_labels(Fields& in, const Node& node) {
  if (node.kind != Node::Kind::kMap) {
    in.values.refuse(node, "is not a map", "a map from text to text");
    return;
  }
  engine::Labels& labels = in.draft.spec.labels;
  std::vector<std::string_view> here;  // keys of this very map
  for (const Node* entry = in.tree.first(node); entry; entry = in.tree.next(*entry)) {
    const Diagnostics::Step step(in.diagnostics(), entry->key);
    if (std::find(here.begin(), here.end(), entry->key) != here.end()) {
      report_repeated_key(in.diagnostics(), in.tree, node, *entry, entry->key);
      continue;
    }
    if (here.size() == limits::kMaxLabels) {
      in.diagnostics().report(entry->key_place, "is one label too many",
                              fmt::format("at most {}", limits::kMaxLabels));
      return;
    }
    here.push_back(entry->key);
    Node name;
    name.kind = Node::Kind::kString;
    name.text = entry->key;
    name.place = entry->key_place;
    std::pair<std::string, std::string> label;
    if (!in.values.text(name, {1, limits::kMaxLabelKeyBytes}, label.first)) continue;
    if (!in.values.text(*entry, {0, limits::kMaxLabelValueBytes}, label.second)) continue;
    const auto at = std::lower_bound(
        labels.begin(), labels.end(), label.first,
        [](const auto& other, const std::string& key) { return other.first < key; });
    if (at != labels.end() && at->first == label.first) {
      at->second = std::move(label.second);
    } else {
      labels.insert(at, std::move(label));
    }
  }
}

constexpr std::array kTlsVersions{
    Word<ssl::ProtocolVersion>{"TLSv1.0", ssl::ProtocolVersion::kTls10},
    Word<ssl::ProtocolVersion>{"TLSv1.1", ssl::ProtocolVersion::kTls11},
    Word<ssl::ProtocolVersion>{"TLSv1.2", ssl::ProtocolVersion::kTls12},
    Word<ssl::ProtocolVersion>{"TLSv1.3", ssl::ProtocolVersion::kTls13},
};
constexpr std::array kIpFamilies{
    Word<engine::IpFamily>{"any", engine::IpFamily::kAny},
    Word<engine::IpFamily>{"4", engine::IpFamily::kV4},
    Word<engine::IpFamily>{"6", engine::IpFamily::kV6},
};
constexpr std::array kAddressModes{
    Word<engine::AddressMode>{"any", engine::AddressMode::kAny},
    Word<engine::AddressMode>{"all", engine::AddressMode::kAll},
};

void read_starttls(Fields& in, const Node& node) {
  static const auto kWords = [] {
    std::array<Word<std::optional<StarttlsProtocol>>, engine::kStarttlsProtocolCount + 1> words;
    words[0] = {"auto", std::nullopt};
    for (int value = 0; value < engine::kStarttlsProtocolCount; ++value) {
      const auto protocol = static_cast<StarttlsProtocol>(value);
      words[static_cast<std::size_t>(value) + 1] = {engine::starttls_name(protocol), protocol};
    }
    return words;
  }();
  read_word(in, node, "is not a STARTTLS protocol", kWords, in.draft.starttls);
}

// One path, or a list of them.
void read_crl_files(Fields& in, const Node& node) {
  std::vector<std::string> paths;
  if (node.kind != Node::Kind::kList) {
    if (in.values.file(node, in.options.check_files, paths.emplace_back())) {
      in.tls().crl_files = std::move(paths);
    }
    return;
  }
  std::size_t index = 0;
  bool good = true;
  for (const Node* entry = in.tree.first(node); entry != nullptr; entry = in.tree.next(*entry)) {
    const Diagnostics::Step step(in.diagnostics(), {}, index++);
    good = in.values.file(*entry, in.options.check_files, paths.emplace_back()) && good;
  }
  if (good) in.tls().crl_files = std::move(paths);
}

// The keys of `tls`.
constexpr std::array kTlsKeys{
    Key<Fields>{"enabled",
                [](Fields& in, const Node& node) { in.values.boolean(node, in.tls().enabled); }},
    Key<Fields>{"verify",
                [](Fields& in, const Node& node) { in.values.boolean(node, in.tls().verify); }},
    Key<Fields>{"skip_hostname_verify",
                [](Fields& in, const Node& node) {
                  in.values.boolean(node, in.tls().skip_hostname_verify);
                }},
    Key<Fields>{"min_version",
                [](Fields& in, const Node& node) {
                  read_word(in, node, "is not a TLS version", kTlsVersions, in.tls().min_version);
                }},
    Key<Fields>{"max_version",
                [](Fields& in, const Node& node) {
                  read_word(in, node, "is not a TLS version", kTlsVersions, in.tls().max_version);
                }},
    Key<Fields>{
        "server_name",
        [](Fields& in, const Node& node) { in.values.host(node, in.draft.spec.server_name); }},
    Key<Fields>{"alert_before_expiry",
                [](Fields& in, const Node& node) {
                  std::int64_t before_ms = 0;
                  if (!in.values.duration(
                          node, {limits::kMinAlertBeforeExpiryMs, limits::kMaxAlertBeforeExpiryMs},
                          kSecond, before_ms)) {
                    return;
                  }
                  if (before_ms % kSecond != 0) {
                    in.values.refuse(node, "is finer than a second", "whole seconds");
                  }
                  in.tls().alert_before_expiry_s = before_ms / kSecond;
                }},
    Key<Fields>{"starttls", read_starttls},
    Key<Fields>{"ca_file",
                [](Fields& in, const Node& node) {
                  in.values.file(node, in.options.check_files, in.tls().ca_file);
                }},
    Key<Fields>{"crl_file", read_crl_files},
    Key<Fields>{"cert_file",
                [](Fields& in, const Node& node) {
                  in.values.file(node, in.options.check_files, in.tls().cert_file);
                }},
    Key<Fields>{"key_file",
                [](Fields& in, const Node& node) {
                  in.values.file(node, in.options.check_files, in.tls().key_file);
                }},
    Key<Fields>{"alpn",
                [](Fields& in, const Node& node) {
                  if (!in.values.texts(in.tree, node, {0, limits::kMaxAlpnNames},
                                       {1, limits::kMaxAlpnNameBytes}, in.tls().alpn)) {
                    return;
                  }
                  // The TLS library takes them joined by commas.
                  for (const std::string& name : in.tls().alpn) {
                    if (name.find(',') == std::string::npos) continue;
                    in.values.refuse(node, "has a name with a comma", "names without commas");
                  }
                }},
};

void read_tls(Fields& in, const Node& node) {
  if (const auto enabled = as_bool(node)) {
    in.tls().enabled = *enabled;
    return;
  }
  if (node.kind != Node::Kind::kMap) {
    in.values.refuse(node, "is not a bool or a map", "true, false or a map");
    return;
  }
  // The first map turns TLS on; one that merges into another leaves that as it is.
  if (!in.draft.tls_is_map) in.tls().enabled = true;
  in.draft.tls_is_map = true;
  read_map(in.diagnostics(), in.tree, node, std::span<const Key<Fields>>(kTlsKeys), in);
}

// The keys of `alert`.
constexpr std::array kAlertKeys{
    Key<Fields>{"after",
                [](Fields& in, const Node& node) {
                  read_integer(in, node, {1, limits::kMaxAlertCount}, in.policy().alert.after);
                }},
    Key<Fields>{
        "recover_after",
        [](Fields& in, const Node& node) {
          read_integer(in, node, {1, limits::kMaxAlertCount}, in.policy().alert.recover_after);
        }},
    Key<Fields>{"repeat_every",
                [](Fields& in, const Node& node) {
                  in.values.duration(node, {0, limits::kMaxRepeatEveryMs}, kSecond,
                                     in.policy().alert.repeat_every_ms);
                }},
};

void read_alert(Fields& in, const Node& node) {
  if (node.kind != Node::Kind::kMap) {
    in.values.refuse(node, "is not a map", "a map with after, recover_after, repeat_every");
    return;
  }
  read_map(in.diagnostics(), in.tree, node, std::span<const Key<Fields>>(kAlertKeys), in);
}

void expect(Fields& in, std::string substring) {
  in.exchange().expect =
      substring.empty() ? ExchangePolicy::Expect::kNothing : ExchangePolicy::Expect::kSubstring;
  in.exchange().substring = std::move(substring);
  in.exchange().pattern = nullptr;
}

// The keys of a monitor, and of `defaults`.
constexpr std::array kMonitorKeys{
    Key<Fields>{"name",
                [](Fields& in, const Node& node) {
                  in.values.text(node, {1, bounds::kMaxNameBytes}, in.draft.spec.name);
                }},
    Key<Fields>{"id",
                [](Fields& in, const Node& node) {
                  in.values.text(node, {1, limits::kMaxIdBytes}, in.draft.spec.id);
                }},
    Key<Fields>{"host",
                [](Fields& in, const Node& node) {
                  in.draft.host_given = true;
                  in.values.host(node, in.draft.spec.host);
                }},
    Key<Fields>{"port",
                [](Fields& in, const Node& node) {
                  in.draft.port_given = true;
                  read_integer(in, node, {1, 65'535}, in.draft.spec.port);
                }},
    Key<Fields>{
        "enabled",
        [](Fields& in, const Node& node) { in.values.boolean(node, in.draft.spec.enabled); }},
    Key<Fields>{"timeout",
                [](Fields& in, const Node& node) {
                  in.values.duration(node, {bounds::kMinTimeoutMs, bounds::kMaxTimeoutMs}, kSecond,
                                     in.policy().timeout_ms);
                }},
    Key<Fields>{
        "interval",
        [](Fields& in, const Node& node) {
          const std::int64_t min =
              in.options.allow_subsecond ? limits::kMinSubsecondIntervalMs : bounds::kMinIntervalMs;
          in.values.duration(node, {min, bounds::kMaxIntervalMs}, kSecond, in.policy().interval_ms);
        }},
    Key<Fields>{"locations",
                [](Fields& in, const Node& node) {
                  in.values.texts(in.tree, node, {0, limits::kMaxLocations},
                                  {1, limits::kMaxLocationBytes}, in.policy().locations);
                }},
    Key<Fields>{"labels", read_labels},
    Key<Fields>{"tls", read_tls},
    Key<Fields>{"send_after_connect",
                [](Fields& in, const Node& node) {
                  in.values.bytes(node, {0, bounds::kMaxSendBytes}, in.exchange().send);
                }},
    Key<Fields>{"send_after_connect_hex",
                [](Fields& in, const Node& node) {
                  in.values.hex_bytes(node, {0, bounds::kMaxSendBytes}, in.exchange().send);
                }},
    Key<Fields>{"expect_response",
                [](Fields& in, const Node& node) {
                  std::string text;
                  if (in.values.bytes(node, {0, bounds::kMaxResponseBytes}, text)) {
                    expect(in, std::move(text));
                  }
                }},
    Key<Fields>{"expect_response_hex",
                [](Fields& in, const Node& node) {
                  std::string text;
                  if (in.values.hex_bytes(node, {0, bounds::kMaxResponseBytes}, text)) {
                    expect(in, std::move(text));
                  }
                }},
    Key<Fields>{"expect_response_regex",
                [](Fields& in, const Node& node) {
                  if (!in.values.pattern(node, in.exchange().pattern)) return;
                  in.exchange().expect = ExchangePolicy::Expect::kPattern;
                  in.exchange().substring.clear();
                }},
    Key<Fields>{"retry_on_failure",
                [](Fields& in, const Node& node) {
                  bool retry = false;
                  if (in.values.boolean(node, retry)) in.draft.retry_on_failure = retry;
                }},
    Key<Fields>{"max_retries",
                [](Fields& in, const Node& node) {
                  std::int64_t count = 0;
                  if (in.values.integer(node, {0, bounds::kMaxRetries}, count)) {
                    in.draft.max_retries = static_cast<std::uint32_t>(count);
                  }
                }},
    Key<Fields>{"retry_delay",
                [](Fields& in, const Node& node) {
                  in.values.duration(node, {0, bounds::kMaxRetryDelayMs}, kSecond,
                                     in.policy().retry_delay_ms);
                }},
    Key<Fields>{"assertions",
                [](Fields& in, const Node& node) {
                  in.policy().assertions = read_assertions(in.values, in.tree, node);
                }},
    Key<Fields>{"ip_family",
                [](Fields& in, const Node& node) {
                  read_word(in, node, "is not an address family", kIpFamilies,
                            in.policy().ip_family);
                }},
    Key<Fields>{"addresses",
                [](Fields& in, const Node& node) {
                  read_word(in, node, "is not a way to choose addresses", kAddressModes,
                            in.policy().addresses);
                }},
    Key<Fields>{
        "source_address",
        [](Fields& in, const Node& node) { in.values.address(node, in.policy().source_address); }},
    Key<Fields>{
        "should_fail",
        [](Fields& in, const Node& node) { in.values.boolean(node, in.policy().should_fail); }},
    Key<Fields>{"alert", read_alert},
};
static_assert(kMonitorKeys.size() <= 64, "KeySet has 64 bits");

// At most one of these may stand in one map.
void refuse_several(Fields& in, const Node& map, KeySet seen,
                    std::span<const std::string_view> names) {
  std::string_view first;
  for (const std::string_view name : names) {
    if ((seen & key_bit(kMonitorKeys, name)) == 0) continue;
    if (first.empty()) {
      first = name;
      continue;
    }
    const Node* entry = find_entry(in.tree, map, name);
    const Diagnostics::Step step(in.diagnostics(), name);
    in.diagnostics().report(entry->key_place, fmt::format("given beside {}", first), "one of them");
  }
}

}  // namespace

void read_monitor_keys(MonitorFields& in, const Node& map) {
  const KeySet seen =
      read_map(in.diagnostics(), in.tree, map, std::span<const Key<Fields>>(kMonitorKeys), in);
  constexpr std::array<std::string_view, 2> kSends{"send_after_connect", "send_after_connect_hex"};
  constexpr std::array<std::string_view, 3> kExpects{"expect_response", "expect_response_regex",
                                                     "expect_response_hex"};
  refuse_several(in, map, seen, kSends);
  refuse_several(in, map, seen, kExpects);
}

}  // namespace tracer::import
