#include "tools/tracer/import/assertion_operands.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/limits.h"
#include "ssl/cipher_suites.h"
#include "ssl/protocol.h"
#include "tools/tracer/import/import_limits.h"
#include "tools/tracer/import/nearest.h"
#include "tools/tracer/import/notation.h"

namespace tracer::import {
namespace {

using engine::Assertion;
using Subject = Assertion::Subject;
using Operator = Assertion::Operator;
using Entry = AssertionEntry;

constexpr std::array<std::string_view, 4> kVersions{"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
constexpr std::array<std::string_view, 2> kStatuses{"success", "failure"};
constexpr double kMaxTimeMs = 24.0 * 60 * 60 * 1000;
constexpr double kMaxDays = 36'500;
constexpr std::int64_t kMaxKeyBits = 16'384;

void add_values(Entry& entry, std::vector<std::string> texts) {
  if (texts.empty()) return;
  Assertion assertion = entry.start;
  assertion.values = std::move(texts);
  entry.out.push_back(std::move(assertion));
}

// Calls `read` for the value, or for every entry of it when it is a list.
template <typename Read>
void for_each_value(Entry& entry, const Node& value, Read read) {
  if (value.kind != Node::Kind::kList) {
    read(value);
    return;
  }
  if (value.child_count == 0 || value.child_count > limits::kMaxAssertionValues) {
    entry.values.diagnostics().report(value.place, fmt::format("a list of {}", value.child_count),
                                      fmt::format("1 to {} entries", limits::kMaxAssertionValues));
    return;
  }
  std::size_t index = 0;
  for (const Node* item = entry.tree.first(value); item; item = entry.tree.next(*item)) {
    const Diagnostics::Step step(entry.values.diagnostics(), {}, index++);
    read(*item);
  }
}

void read_status(Entry& entry, const Node& value) {
  const std::string_view word = read_word(entry.values, value, "is not a status", kStatuses);
  if (!word.empty()) add_values(entry, {std::string(word)});
}

// A number, or a duration in words, in units of `unit_ms`.
void read_measure(Entry& entry, const Node& value, std::int64_t unit_ms, double min, double max,
                  std::string_view unit, std::string_view example) {
  std::optional<double> number = as_number(value);
  if (!number) {
    const auto text = as_text(value);
    number = text ? parse_duration(*text, unit_ms) : std::nullopt;
    if (number) *number /= static_cast<double>(unit_ms);
  }
  const std::string range = fmt::format("{:.0f} to {:.0f} {}", min, max, unit);
  if (!number) {
    entry.values.refuse(value, "is not a duration", fmt::format("{}, such as {}", range, example));
  } else if (*number < min || *number > max) {
    entry.values.refuse(value, "is out of range", range);
  } else {
    entry.start.number = *number;
    entry.out.push_back(entry.start);
  }
}

void read_milliseconds(Entry& entry, const Node& value) {
  read_measure(entry, value, kMillisecond, 0, kMaxTimeMs, "ms", "500 or 1.5s");
}

void read_days(Entry& entry, const Node& value) {
  read_measure(entry, value, kDay, -kMaxDays, kMaxDays, "days", "30 or 30 days");
}

void read_versions(Entry& entry, const Node& value) {
  std::vector<std::string> names;
  for_each_value(entry, value, [&](const Node& item) {
    const auto word = read_word(entry.values, item, "is not a TLS version", kVersions);
    if (!word.empty()) names.emplace_back(word);
  });
  add_values(entry, std::move(names));
}

void read_version(Entry& entry, const Node& value) {
  const auto word = read_word(entry.values, value, "is not a TLS version", kVersions);
  if (!word.empty()) add_values(entry, {std::string(word)});
}

std::string_view nearest_cipher(std::string_view name) {
  std::vector<std::string_view> known;
  for (unsigned suite = 0; suite <= 0xFFFF; ++suite) {
    const auto candidate = ssl::known_cipher_suite(static_cast<std::uint16_t>(suite));
    if (!candidate.empty()) known.push_back(candidate);
  }
  return nearest(name, known);
}

void read_ciphers(Entry& entry, const Node& value) {
  std::vector<std::string> names;
  for_each_value(entry, value, [&](const Node& item) {
    const auto name = as_text(item);
    if (name && ssl::is_cipher_suite_name(*name)) {
      names.emplace_back(*name);
      return;
    }
    const bool suggest = name && entry.values.diagnostics().listening();
    entry.values.refuse(item, "is not a cipher suite",
                        "an IANA name, such as TLS_AES_128_GCM_SHA256",
                        suggest ? nearest_cipher(*name) : std::string_view());
  });
  add_values(entry, std::move(names));
}

void read_pattern(Entry& entry, const Node& value) {
  if (entry.values.pattern(value, entry.start.pattern)) entry.out.push_back(entry.start);
}

constexpr Bounds kTextSize{1, limits::kMaxAssertionTextBytes};

// Any one of several will do.
void read_texts(Entry& entry, const Node& value) {
  std::vector<std::string> texts;
  for_each_value(entry, value, [&](const Node& item) {
    std::string text;
    if (entry.values.text(item, kTextSize, text)) texts.push_back(std::move(text));
  });
  add_values(entry, std::move(texts));
}

// Every one of several must hold: each becomes an assertion.
void read_each_text(Entry& entry, const Node& value) {
  for_each_value(entry, value, [&](const Node& item) {
    std::string text;
    if (entry.values.text(item, kTextSize, text)) add_values(entry, {std::move(text)});
  });
}

void read_fingerprints(Entry& entry, const Node& value) {
  constexpr std::size_t kSha256Bytes = 32;
  std::vector<std::string> digests;
  for_each_value(entry, value, [&](const Node& item) {
    const auto text = as_text(item);
    const auto bytes = text ? parse_hex(*text) : std::nullopt;
    if (!bytes || bytes->size() != kSha256Bytes) {
      entry.values.refuse(item, "is not a SHA-256 fingerprint",
                          "64 hexadecimal digits, with or without colons");
      return;
    }
    std::string digits;
    for (const char byte : *bytes) {
      digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    digests.push_back(std::move(digits));
  });
  add_values(entry, std::move(digests));
}

void read_key_bits(Entry& entry, const Node& value) {
  std::int64_t bits = 0;
  if (!entry.values.integer(value, {1, kMaxKeyBits}, bits)) return;
  entry.start.number = static_cast<double>(bits);
  entry.out.push_back(entry.start);
}

void read_bool(Entry& entry, const Node& value) {
  bool wanted = false;
  if (entry.values.boolean(value, wanted)) add_values(entry, {wanted ? "true" : "false"});
}

void read_bytes(Entry& entry, const Node& value) {
  std::string bytes;
  if (entry.values.bytes(value, {1, engine::limits::kMaxResponseBytes}, bytes)) {
    add_values(entry, {std::move(bytes)});
  }
}

void read_networks(Entry& entry, const Node& value) {
  Assertion assertion = entry.start;
  for_each_value(entry, value, [&](const Node& item) {
    const auto text = as_text(item);
    const auto network = text ? engine::Network::parse(*text) : std::nullopt;
    if (network) {
      assertion.networks.push_back(*network);
    } else {
      entry.values.refuse(item, "is not a network",
                          "an address or a CIDR block, such as 10.0.0.0/8 or 2001:db8::/32");
    }
  });
  if (!assertion.networks.empty()) entry.out.push_back(std::move(assertion));
}

// The schema. Types in the order in which errors list them.
constexpr std::array kOperators{
    OperatorRow{"connection", "status", Subject::kConnection, Operator::kEquals, read_status},
    OperatorRow{"response_time", "less_than", Subject::kTimeTotal, Operator::kLessThan,
                read_milliseconds},
    OperatorRow{"response_time", "greater_than", Subject::kTimeTotal, Operator::kGreaterThan,
                read_milliseconds},
    OperatorRow{"certificate_expiry", "greater_than", Subject::kExpiryChain, Operator::kGreaterThan,
                read_days},
    OperatorRow{"certificate_expiry", "less_than", Subject::kExpiryChain, Operator::kLessThan,
                read_days},
    OperatorRow{"tls_version", "in", Subject::kTlsVersion, Operator::kIn, read_versions},
    OperatorRow{"tls_version", "not_in", Subject::kTlsVersion, Operator::kNotIn, read_versions},
    OperatorRow{"tls_version", "equals", Subject::kTlsVersion, Operator::kEquals, read_version},
    OperatorRow{"cipher", "in", Subject::kCipher, Operator::kIn, read_ciphers},
    OperatorRow{"cipher", "not_in", Subject::kCipher, Operator::kNotIn, read_ciphers},
    OperatorRow{"cipher", "matches", Subject::kCipher, Operator::kMatches, read_pattern},
    OperatorRow{"certificate", "subject", Subject::kCertificateSubject, Operator::kEquals,
                read_texts},
    OperatorRow{"certificate", "issuer", Subject::kCertificateIssuer, Operator::kEquals,
                read_texts},
    OperatorRow{"certificate", "san", Subject::kCertificateSan, Operator::kEquals, read_each_text},
    OperatorRow{"certificate", "fingerprint_sha256", Subject::kCertificateFingerprint,
                Operator::kEquals, read_fingerprints},
    OperatorRow{"certificate", "key_bits_at_least", Subject::kCertificateKeyBits,
                Operator::kAtLeast, read_key_bits},
    OperatorRow{"certificate", "chain_valid", Subject::kCertificateChainValid, Operator::kEquals,
                read_bool},
    OperatorRow{"response", "contains", Subject::kResponse, Operator::kContains, read_bytes},
    OperatorRow{"response", "matches", Subject::kResponse, Operator::kMatches, read_pattern},
    OperatorRow{"response", "equals", Subject::kResponse, Operator::kEquals, read_bytes},
    OperatorRow{"response", "not_contains", Subject::kResponse, Operator::kNotContains, read_bytes},
    OperatorRow{"ip", "in", Subject::kIp, Operator::kIn, read_networks},
};

constexpr std::array kOf{
    OfRow{"response_time", "total", Subject::kTimeTotal},
    OfRow{"response_time", "connect", Subject::kTimeConnect},
    OfRow{"response_time", "tls", Subject::kTimeTls},
    OfRow{"response_time", "dns", Subject::kTimeDns},
    OfRow{"response_time", "response", Subject::kTimeResponse},
    OfRow{"certificate_expiry", "chain", Subject::kExpiryChain},
    OfRow{"certificate_expiry", "leaf", Subject::kExpiryLeaf},
};

constexpr std::array<std::string_view, 8> kTypes{
    "connection", "response_time", "certificate_expiry", "tls_version",
    "cipher",     "certificate",   "response",           "ip"};

}  // namespace

std::span<const std::string_view> assertion_types() { return kTypes; }
std::span<const OperatorRow> operator_rows() { return kOperators; }
std::span<const OfRow> of_rows() { return kOf; }

std::string joined(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string_view read_word(ValueReader& values, const Node& value, std::string_view not_what,
                           std::span<const std::string_view> words) {
  const auto text = as_text(value);
  if (text) {
    const auto exact = std::find(words.begin(), words.end(), *text);
    if (exact != words.end()) return *exact;
    const std::string form = normalized(*text);
    for (const std::string_view word : words) {
      if (normalized(word) == form) return word;
    }
  }
  const bool suggest = text && values.diagnostics().listening();
  values.refuse(value, not_what, joined(words),
                suggest ? nearest(*text, words) : std::string_view());
  return {};
}

}  // namespace tracer::import
